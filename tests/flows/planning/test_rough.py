"""First estimates against what was measured (docs/benchmarks.md, and the tiny family on one CPU thread)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flows.clips import ClipSpec, HandOff, Medium
from flows.ledger.timings import Extent, Timing, Timings
from flows.planning.rough import rough_seconds
from tests.flows.made import a_spec
from wan.model.attention import AUTO
from wan.request import Guidance, Numerics, Sampling
from wan.variants import VARIANTS

STEPS = [
    ("t2v-a14b", (832, 480, 81), True, 5.71),
    ("t2v-a14b", (1280, 720, 81), True, 22.45),
    ("t2v-a14b", (832, 480, 81), False, 6.69),
    ("t2v-a14b", (1280, 720, 81), False, 24.65),
    ("i2v-a14b", (1280, 720, 81), True, 22.00),
    ("ti2v-5b", (1280, 704, 121), True, 1.77),
    ("s2v-14b", (832, 448, 80), True, 5.85),
    ("s2v-14b", (1024, 704, 80), True, 16.16),
    ("animate-14b", (832, 480, 77), True, 2.96),
    ("animate-14b", (1280, 720, 77), True, 11.48),
    ("vace-fun-a14b", (832, 480, 81), True, 6.71),
]
"""Seconds a step on an H200 by cuDNN's attention: size and frames, compiled or not."""
FLASH_3_STEPS = [
    ("t2v-a14b", (832, 480, 81), 5.15),
    ("t2v-a14b", (1280, 720, 81), 19.92),
    ("i2v-a14b", (1280, 720, 81), 19.83),
    ("s2v-14b", (1024, 704, 80), 15.27),
    ("animate-14b", (1280, 720, 77), 10.26),
    ("vace-fun-a14b", (1280, 720, 81), 23.82),
]
"""The same by FlashAttention-3, compiled."""


def clip(variant: str, size: tuple[int, int, int], steps: int = 1, **values: Any) -> ClipSpec:
    sampling = replace(VARIANTS[variant].sampling, num_inference_steps=steps)
    width, height, frames = size
    given: dict[str, Any] = {"sampling": sampling, "numerics": Numerics("reference", compile=True), **values}
    return a_spec(variant=variant, width=width, height=height, num_frames=frames, **given)


@pytest.mark.parametrize(("variant", "size", "compiled", "measured"), STEPS)
def test_a_step_is_within_an_eighth_of_what_was_measured(
    variant: str, size: tuple[int, int, int], compiled: bool, measured: float
) -> None:
    numerics = Numerics("reference", compile=compiled)
    assert _a_step(variant, size, numerics, flash_3=False) == pytest.approx(measured, rel=0.12)


@pytest.mark.parametrize(("variant", "size", "measured"), FLASH_3_STEPS)
def test_a_step_by_flash_attention_is_within_an_eighth_too(
    variant: str, size: tuple[int, int, int], measured: float
) -> None:
    asked = Numerics("reference", compile=True)
    assert _a_step(variant, size, asked, flash_3=True) == pytest.approx(measured, rel=0.12)
    named = _a_step(variant, size, asked, "_native_cudnn", flash_3=True)
    assert named == _a_step(variant, size, asked, flash_3=False) > 1.06 * measured


def _a_step(
    variant: str, size: tuple[int, int, int], numerics: Numerics, kernel: str = AUTO, *, flash_3: bool
) -> float:
    before = HandOff((("b",),), what="carried") if variant == "s2v-14b" else None  # measured with what went before
    clips = (clip(variant, size, steps, numerics=numerics, hand_off=before) for steps in (1, 3))
    one, three = (rough_seconds(each, kernel, published=True, flash_3=flash_3) for each in clips)
    return (three - one) / 2


def test_the_autoencoder_comes_on_top() -> None:
    text = rough_seconds(clip("t2v-a14b", (1280, 720, 81), 0), AUTO, published=True)
    assert text == pytest.approx(3.78, rel=0.1)
    picture = rough_seconds(clip("i2v-a14b", (1280, 720, 81), 0), AUTO, published=True)
    assert picture - text == pytest.approx(2.09, rel=0.1)


def test_speech_that_goes_on_decodes_and_encodes_what_went_before() -> None:
    """Two clips of `speaking.yaml` on one thread of a busy machine: 4.3 and 7.6 s."""
    tiny = Sampling(12, 3.0, Guidance(1.0, 1.0))
    on = HandOff((("b",),), what="carried")
    first = rough_seconds(clip("s2v-14b", (256, 128, 29), sampling=tiny), AUTO, published=False)
    then = rough_seconds(clip("s2v-14b", (256, 128, 32), sampling=tiny, hand_off=on), AUTO, published=False)
    assert [first, then] == pytest.approx([4.3, 7.6], rel=0.15)
    posed = rough_seconds(clip("s2v-14b", (256, 128, 29), media=(Medium("pose", "d"),)), AUTO, published=False)
    assert posed > rough_seconds(clip("s2v-14b", (256, 128, 29)), AUTO, published=False)


def test_a_video_that_is_changed_takes_a_part_of_the_steps() -> None:
    whole = clip("t2v-a14b", (832, 480, 81), 40, strength=1.0)
    assert rough_seconds(replace(whole, strength=0.5), AUTO, published=True) < 0.6 * rough_seconds(
        whole, AUTO, published=True
    )
    assert (replace(whole, strength=0.25).steps_taken, replace(whole, strength=None).steps_taken) == (10, 40)


def test_what_was_timed_at_480p_is_scaled_to_what_was_measured_at_720p() -> None:
    def guess(extent: Extent) -> float:
        return rough_seconds(clip("t2v-a14b", extent, 40), AUTO, published=True)

    timed = Timings(
        {"t2v-a14b/c/cuda/reference+auto+compile": {"NVIDIA H200": {(832, 480, 81): Timing(0.0, 228 / 80, 9)}}}
    )
    estimate = timed.estimate(clip("t2v-a14b", (1280, 720, 81), 40), AUTO, "cuda", guess)
    assert estimate.basis == "scaled"
    assert estimate.seconds == pytest.approx(898, rel=0.05)
