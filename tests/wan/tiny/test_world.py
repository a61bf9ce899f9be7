from __future__ import annotations

from wan.tiny.world import (
    COLOURS,
    LIGHTS,
    MOTIONS,
    PALETTE,
    PLACES,
    SHAPES,
    all_scenes,
    held_out_scenes,
    is_held_out,
    training_scenes,
)


def test_the_world_has_what_the_design_asks_for() -> None:
    assert len(SHAPES) >= 8
    assert "boat" in SHAPES
    assert len(COLOURS) == len(PALETTE) == 8
    assert len(MOTIONS) == 6
    assert len(PLACES) * len(LIGHTS) >= 6


def test_training_and_held_out_scenes_split_the_world() -> None:
    assert set(training_scenes()) | set(held_out_scenes()) == set(all_scenes())
    assert not set(training_scenes()) & set(held_out_scenes())
    assert 0.08 < len(held_out_scenes()) / len(all_scenes()) < 0.18


def test_every_word_appears_in_training_and_among_the_held_out() -> None:
    for scenes in (training_scenes(), held_out_scenes()):
        assert {s.shape for s in scenes} == set(SHAPES)
        assert {s.colour for s in scenes} == set(COLOURS)
        assert {(s.place, s.light) for s in scenes} == {(p, li) for p in PLACES for li in LIGHTS}
        assert {s.motion for s in scenes} == set(MOTIONS)


def test_the_hold_out_rule_never_moves() -> None:
    # The shipped weights were trained under this rule: a changed hash would let benchmarks measure on training data.
    assert sum(is_held_out(scene) for scene in all_scenes()) == 481
    assert is_held_out(held_out_scenes()[0])
