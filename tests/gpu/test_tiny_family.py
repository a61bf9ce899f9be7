"""Every variant of the tiny family on a GPU, in every placement: the same pixels, and those that a CPU makes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.gpu.where import DEVICE, ON_GPU
from tests.wan import test_golden as golden
from wan.families import FAMILIES
from wan.load import find_device, load_pipeline
from wan.pipeline import Pipeline
from wan.placement import PLACEMENTS, Placement
from wan.placement.parts import Moved
from wan.precision import check_fp8
from wan.request import ClipRequest, Numerics
from wan.variants.method import Result
from wan.weights.checkpoint import Checkpoint

pytestmark = ON_GPU
TINY = FAMILIES["tiny"]
LEAN = PLACEMENTS[1:]
EXACT = Numerics()


def _pipeline(variant: str, placement: Placement, numerics: Numerics = EXACT) -> Pipeline:
    checkpoint = Checkpoint.open(TINY, variant)
    return load_pipeline(variant, checkpoint, device=DEVICE, numerics=numerics, placement=placement)


def _render(pipeline: Pipeline, request: ClipRequest) -> tuple[Tensor, Result]:
    state = pipeline.advance(pipeline.encode(request))
    return state.latents.cpu(), pipeline.finish(state)


@cache
def _resident(variant: str, numerics: Numerics = EXACT) -> tuple[Tensor, Result]:
    return _render(_pipeline(variant, "resident", numerics), golden._request(variant))


def _assert_equal(found: tuple[Tensor, Result], wanted: tuple[Tensor, Result]) -> None:
    assert torch.isfinite(found[0]).all()
    assert torch.equal(found[0], wanted[0])
    assert np.array_equal(found[1].frames, wanted[1].frames)
    assert sorted(found[1].carried) == sorted(wanted[1].carried)
    for name, tensor in found[1].carried.items():
        assert torch.equal(tensor.cpu(), wanted[1].carried[name].cpu()), name


@pytest.mark.parametrize("placement", LEAN)
@pytest.mark.parametrize("variant", sorted(TINY.roles))
def test_a_placement_changes_no_pixel(variant: str, placement: Placement) -> None:
    _assert_equal(_render(_pipeline(variant, placement), golden._request(variant)), _resident(variant))


@pytest.mark.parametrize("variant", sorted(TINY.roles))
def test_a_gpu_draws_what_a_cpu_draws(variant: str) -> None:
    with np.load(golden.GOLDEN / f"{variant}.npz") as written:
        wanted, revision = written["pixels"].astype(np.float32), str(written["revision"])
    assert revision == Checkpoint.open(TINY, variant).revision
    difference = np.abs(golden._summary(_resident(variant)[1].frames) - wanted)
    print(f"{variant}: mean {difference.mean():.4f}, largest {difference.max():.3f} of 255")
    assert difference.mean() < golden.MEAN_TOLERANCE
    assert difference.max() < golden.LARGEST_TOLERANCE


def test_the_second_expert_is_fetched_while_the_first_computes() -> None:
    if DEVICE == "cpu":
        pytest.skip("takes a stream of a GPU; tests/wan/test_pipeline.py asks when the part is announced")
    pipeline, request = _pipeline("t2v-a14b", "expert_swap"), golden._request("t2v-a14b")
    pipeline.advance(pipeline.encode(request))
    assert isinstance(pipeline.parts, Moved)
    assert "transformer_2" in pipeline.parts.fetched_ahead


@pytest.mark.parametrize("placement", LEAN)
def test_speech_goes_on_from_what_the_clip_before_handed_on(placement: Placement) -> None:
    def two_clips(where: Placement) -> tuple[Tensor, Result]:
        pipeline, first = _pipeline("s2v-14b", where), golden._request("s2v-14b")
        carried = _render(pipeline, first)[1].carried
        assert "motion" in carried
        length = TINY.roles["s2v-14b"].following_lengths[0]
        second = replace(first, num_frames=length, start_frame=first.num_frames, carried=carried)
        return _render(pipeline, second)

    _assert_equal(two_clips(placement), two_clips("resident"))


@pytest.mark.parametrize("placement", LEAN)
def test_a_picture_comes_to_life_in_every_placement(placement: Placement) -> None:
    """TI2V from a picture; the variants' test renders it from words."""
    request = replace(golden._request("ti2v-5b"), image=golden._request("i2v-a14b").image)
    _assert_equal(_render(_pipeline("ti2v-5b", placement), request), _render(_pipeline("ti2v-5b", "resident"), request))


@pytest.mark.parametrize("placement", LEAN)
@pytest.mark.parametrize("precision", ["bf16", "reference", "fp8_storage", "fp8"])
def test_a_placement_changes_no_pixel_in_any_precision(precision: Any, placement: Placement) -> None:
    _skip_without(precision)
    numerics = Numerics(precision)
    found = _render(_pipeline("t2v-a14b", placement, numerics), golden._request("t2v-a14b"))
    _assert_equal(found, _resident("t2v-a14b", numerics))


@pytest.mark.parametrize("precision", ["bf16", "reference", "fp8_storage", "fp8"])
def test_every_precision_draws_nearly_the_same_clip(precision: Any) -> None:
    _skip_without(precision)
    exact, found = (_resident("t2v-a14b", Numerics(name)) for name in ("fp32", precision))
    latents = float((found[0] - exact[0]).norm() / exact[0].norm())
    pixels = np.abs(found[1].frames.astype(np.float32) - exact[1].frames).mean()
    print(f"{precision}: latents differ by {latents:.2e} of their norm, pixels by {pixels:.2f} of 255")
    assert latents < 0.25
    assert pixels < 6


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, while it compiles
@pytest.mark.parametrize("placement", LEAN)
def test_compiled_blocks_work_in_every_placement(placement: Placement) -> None:
    if DEVICE == "cpu":
        pytest.skip("takes a compiler, and tests/wan/test_expert.py compiles on a CPU")
    numerics = Numerics("bf16", compile=True)
    found = _render(_pipeline("t2v-a14b", placement, numerics), golden._request("t2v-a14b"))
    _assert_equal(found, _resident("t2v-a14b", numerics))


def _skip_without(precision: str) -> None:
    from wan.errors import RequestError

    if precision == "fp8":
        try:
            check_fp8(find_device(DEVICE))
        except RequestError as error:
            pytest.skip(str(error))
