"""Bounds: what is in them, and that both who read them know the same."""

from __future__ import annotations

import pytest

from flows import limits
from flows.config.schema import bounds_of, leaves
from flows.limits import Bounds
from flows.storyboard.language import GUIDANCE, SAMPLING, SHOT
from flows.storyboard.quantities import Number


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "words"),
    [
        (Bounds(0, 51), (0, 51), (-1, 51.5), "at least 0 and at most 51"),
        (Bounds(0, 10, above=True), (0.1, 10), (0, 11), "more than 0 and at most 10"),
        (Bounds(1), (1, 1e300), (0.5, float("nan")), "at least 1"),
    ],
)
def test_what_lies_within(bounds: Bounds, inside: tuple[float, ...], outside: tuple[float, ...], words: str) -> None:
    assert all(map(bounds.hold, inside))
    assert not any(map(bounds.hold, outside))
    assert str(bounds) == words


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("render.num_inference_steps", SAMPLING.by_key["num_inference_steps"]),
        ("render.flow_shift", SAMPLING.by_key["flow_shift"]),
        ("render.boundary_ratio", SAMPLING.by_key["boundary_ratio"]),
        ("render.guidance_high", GUIDANCE.by_key["high"]),
        ("render.guidance_low", GUIDANCE.by_key["low"]),
        ("render.takes", SHOT.by_key["takes"]),
    ],
)
def test_a_shot_and_the_configuration_may_say_the_same(setting: str, key: object) -> None:
    bounds, kind = bounds_of(dict(leaves())[setting]), key.kind  # type: ignore[attr-defined]
    assert bounds is not None
    assert isinstance(kind, Number)
    assert (kind.low, kind.high, kind.above) == (bounds.least, bounds.greatest, bounds.above)


def test_the_shared_ones_are_used_by_both() -> None:
    shared = {id(value) for value in vars(limits).values() if isinstance(value, Bounds)}
    assert {id(bounds_of(hint)) for key, hint in leaves() if key.startswith("render.")} >= shared
