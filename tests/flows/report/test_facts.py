"""What the report says, gathered: moments of the plan, takes, seconds and memory of their clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.edit.timeline import make_timeline
from flows.report.facts import Facts, gather, stages
from flows.storyboard.model import Transition
from tests.flows.edit.films import ShotSpec, a_film
from tests.flows.records import empty_record


def grey(shot: str, take: int, frames: int) -> np.ndarray:
    return np.full((frames, 24, 32, 3), 90 + take, np.uint8)


SHOTS = [
    ShotSpec("river.launch", ((13, 0, 12),), scores=(0.2, 0.9)),
    ShotSpec("river.long", ((13, 0, 13), (13, 1, 11)), Transition("dissolve", 0.25)),
]


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    plan, records, store = a_film(tmp_path, SHOTS, grey)
    return gather(plan, records, make_timeline(plan, records, store), store)


def test_shots_begin_when_the_plan_says_so(facts: Facts) -> None:
    assert [(shot.number, shot.at, shot.seconds) for shot in facts.shots] == [(1, 0.0, 0.5), (2, 0.25, 1.0)]
    assert [shot.at for shot in facts.shots] == [shot.start / facts.plan.fps for shot in facts.plan.shots]
    (seam,) = facts.seams
    assert (seam.transition, seam.at, seam.seconds) == ("dissolve", 0.25, 0.25)


def test_the_best_take_is_chosen_and_all_are_shown(facts: Facts) -> None:
    first, second = facts.shots
    assert [take.chosen for take in first.takes] == [False, True]
    assert first.chosen.scores["quality"] == 0.9
    assert all(take.thumbnail for take in first.takes)
    assert [take.thumbnail for take in second.takes] == [None], "one take alone is in the strip"
    assert len(second.chosen.records) == 2


def test_seconds_of_all_clips_are_summed_by_stage(facts: Facts) -> None:
    assert facts.seconds["denoise"] == pytest.approx(4 * 9.5)
    assert list(facts.seconds) == ["load", "encode", "denoise", "decode", "write"]
    assert facts.peak_memory_bytes == 700_000_000


def test_a_stage_that_is_not_known_comes_last() -> None:
    from dataclasses import replace

    record = replace(empty_record("a" * 64), seconds={"polish": 1.0, "write": 2.0})
    assert list(stages([record, record]).items()) == [("write", 4.0), ("polish", 2.0)]


def test_how_a_shot_was_made_is_told_of_its_chosen_take(facts: Facts) -> None:
    told = facts.shots[0].made_with
    assert (told["Prompt"], told["Seed"], told["Size"]) == (SHOTS[0].prompt, "8", "32 × 24")
