"""A GPU's memory that really does not suffice: the clip goes on in the next leaner placement, and is the same."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from flows.cluster import wan_clips
from flows.cluster.wan_clips import WanRenderer
from flows.planning.model import Clip
from flows.store import Store, open_store
from tests.flows.cluster.clips import real_clip
from tests.flows.made import changed
from tests.gpu.where import DEVICE, ON_GPU
from tests.wan.conftest import make_family
from wan.families import Family
from wan.weights.checkpoint import Checkpoint

pytestmark = ON_GPU
STEPS = 4


@dataclass
class Report:
    """Takes memory away once, when `stage` has reached `step`: no more than is in use then."""

    stage: str = ""
    step: int = 0
    told: list[tuple[str, int]] = field(default_factory=list)

    def progress(self, stage: str, step: int, steps: int) -> None:
        first = (stage, step) not in self.told
        self.told.append((stage, step))
        if first and (stage, step) == (self.stage, self.step):
            _limit_to_what_is_held()

    def should_stop(self) -> bool:
        return False


def _limit_to_what_is_held() -> None:
    gc.collect()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(torch.cuda.memory_reserved() / total)


@pytest.fixture
def _all_memory_afterwards() -> Iterator[None]:
    yield
    if DEVICE == "cuda":
        torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """Two experts of 0.6 GB each: what one of them frees is more than a step takes."""
    from diffusers import WanTransformer3DModel

    root = tmp_path_factory.mktemp("family")
    made = make_family(root)
    heads, layers = (12, 4) if DEVICE == "cuda" else (2, 2)
    for seed, expert in enumerate(("transformer", "transformer_2")):
        torch.manual_seed(seed)
        sizes = {"num_attention_heads": heads, "attention_head_dim": 128, "ffn_dim": heads * 512, "num_layers": layers}
        model = WanTransformer3DModel(in_channels=16, out_channels=16, text_dim=16, freq_dim=256, **sizes)
        model.save_pretrained(root / "t2v-a14b" / expert)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Rendered clips as they come, instead of in a store: nothing to encode videos with is needed."""
    kept: list[Any] = []

    def keep(store: Store, clip: Clip, frames: Any, latents: bytes, **facts: Any) -> Any:
        kept.append((frames, latents))
        return SimpleNamespace(**facts)

    monkeypatch.setattr(wan_clips, "store_clip", keep)
    return kept


def _clip(family: Family) -> Clip:
    clip = real_clip("a red boat")
    size = {"width": 832, "height": 480} if DEVICE == "cuda" else {"width": 48, "height": 32}
    sampling = replace(clip.spec.sampling, num_inference_steps=STEPS, boundary_ratio=0.875)
    revision = Checkpoint.open(family, "t2v-a14b").revision
    return changed(clip, variant="t2v-a14b", checkpoint=revision, num_frames=9, sampling=sampling, **size)


def _renderer(family: Family, placement: str = "resident") -> WanRenderer:
    return WanRenderer(threads=1, family="tiny", root=str(family.root), device=DEVICE, placement=placement)


@pytest.mark.usefixtures("_all_memory_afterwards")
@pytest.mark.parametrize(("stage", "step"), [("encode", 1), ("denoise", 2), ("denoise", STEPS)])
def test_out_of_memory_the_clip_goes_on_leaner_once_and_is_the_same(
    family: Family, store: Store, frames: list[Any], caplog: pytest.LogCaptureFixture, stage: str, step: int
) -> None:
    if DEVICE == "cpu":
        pytest.skip("a CPU's memory cannot be limited so")
    clip = _clip(family)
    wanted: Any = _renderer(family).render(clip, store, Report())
    gc.collect()
    report, renderer = Report(stage, step), _renderer(family)
    with caplog.at_level(logging.WARNING):
        found: Any = renderer.render(clip, store, report)
    assert (wanted.placement, found.placement) == ("resident", "expert_swap")
    assert [number for name, number in report.told if name == "denoise"] == [1, 2, 3, 4]
    assert caplog.text.count("out of GPU memory") == 1
    (first, latents), (second, same) = frames
    assert latents == same
    assert np.array_equal(first, second)
    torch.cuda.set_per_process_memory_fraction(1.0)
    again: Any = renderer.render(changed(clip, seed=9), store, Report())
    assert again.placement == "expert_swap"  # remembered


@pytest.mark.usefixtures("_all_memory_afterwards")
def test_a_worker_keeps_to_its_part_of_the_gpu(family: Family, store: Store, frames: list[Any]) -> None:
    """A tenth of a per cent is not enough for weights of 1.2 GB."""
    if DEVICE == "cpu":
        pytest.skip("a CPU's memory cannot be limited so")
    renderer = WanRenderer(threads=1, family="tiny", root=str(family.root), device=DEVICE, gpu_share=0.001)
    with pytest.raises(torch.OutOfMemoryError):
        renderer.render(_clip(family), store, Report())
    half: Any = WanRenderer(threads=1, family="tiny", root=str(family.root), device=DEVICE, gpu_share=0.5)
    assert half.render(_clip(family), store, Report()).placement == "resident"


@pytest.mark.parametrize("placement", ["expert_swap", "offload", "low_vram"])
def test_a_worker_renders_the_same_in_every_placement(
    family: Family, store: Store, frames: list[Any], placement: str
) -> None:
    clip = _clip(family)
    peaks = []
    for where in ("resident", placement):
        taken: Any = _renderer(family, where).render(clip, store, Report())
        peaks.append(taken.peak_memory_bytes)
        gc.collect()
    (first, latents), (second, same) = frames
    assert latents == same
    assert np.array_equal(first, second)
    if DEVICE == "cuda":
        assert peaks[1] < peaks[0]
