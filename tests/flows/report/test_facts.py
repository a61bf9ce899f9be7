"""What a report says, gathered from plan, records and timeline."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.edit import make_timeline
from flows.report.facts import gather, stages
from flows.storyboard.model import Transition
from tests.flows.edit.films import ShotSpec, a_film, fingerprint_of
from tests.flows.records import empty_record

SHOTS = [
    ShotSpec("river.launch", ((17, 0, 12),), scores=(0.2, 0.9)),
    ShotSpec("river.drift", ((17, 1, 16),), Transition("dissolve", 0.25)),
    ShotSpec("dusk.long", ((17, 0, 17), (9, 1, 8))),
]


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    return np.stack([np.full((24, 32, 3), 40 + 4 * number + take, np.uint8) for number in range(frames)])


def test_every_shot_has_its_place_its_frames_and_its_takes(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    facts = gather(plan, takes, make_timeline(plan, takes, store), store)
    assert [(shot.number, shot.shot.id, shot.at, shot.seconds) for shot in facts.shots] == [
        (1, "river.launch", 0.0, 0.5),
        (2, "river.drift", 6 / 24, 16 / 24),
        (3, "dusk.long", 22 / 24, 25 / 24),
    ]
    assert [shot.at for shot in facts.shots] == [shot.start / plan.fps for shot in plan.shots]
    launch, _, long = facts.shots
    assert [take.chosen for take in launch.takes] == [False, True]
    assert [take.thumbnail is not None for take in (*launch.takes, *long.takes)] == [True, True, False]
    assert launch.chosen.scores == {"quality": 0.9, "sharpness": 0.61}
    assert len(long.chosen.records) == 2
    assert all(len(shot.strip) == 5 for shot in facts.shots)
    seams = [join.seam for join in facts.seams]
    assert [(seam.before, seam.shot, seam.transition, seam.at) for seam in seams] == [
        ("dusk.long", "dusk.long", "cut", 22 / 24 + 17 / 24),  # its clips go on from each other
        ("river.launch", "river.drift", "dissolve", 6 / 24),
        ("river.drift", "dusk.long", "cut", 22 / 24),
    ]
    assert [join.blended is not None for join in facts.seams] == [False, True, False]


def test_a_take_that_was_not_rendered_has_no_record(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    there = {name: record for name, record in takes.items() if name != fingerprint_of("river.launch", 0)}
    (shot,) = gather(plan, there, make_timeline(plan, there, store), store).shots
    assert [(take.chosen, take.records != (), take.scores != {}) for take in shot.takes] == [
        (False, False, False),
        (True, True, True),
    ]


def test_how_a_shot_was_made_is_told_of_its_chosen_take(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    (shot,) = gather(plan, takes, make_timeline(plan, takes, store), store).shots
    told = shot.made_with
    assert (told["Prompt"], told["Seed"], told["Size"]) == (SHOTS[0].prompt, "8", "32 × 24")


def test_seconds_and_memory_are_those_of_all_takes(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint)
    facts = gather(plan, takes, make_timeline(plan, takes, store), store)
    assert list(facts.seconds) == ["load", "encode", "denoise", "decode", "write"]
    assert facts.seconds["denoise"] == pytest.approx(9.5 * len(takes))
    assert facts.peak_memory_bytes == 700_000_000
    chosen = [fingerprint_of("river.launch", 1), fingerprint_of("river.drift"), fingerprint_of("dusk.long", 0, 1)]
    assert facts.takes_digest == hashlib.sha256("".join(chosen).encode()).hexdigest()


def test_stages_are_in_the_order_they_happen_and_unknown_ones_last() -> None:
    one = replace(empty_record("a" * 64), seconds={"write": 1.0, "polish": 2.0, "load": 3.0})
    assert list(stages([one, one]).items()) == [("load", 6.0), ("write", 2.0), ("polish", 4.0)]
    assert stages([]) == {}


def test_the_programs_that_made_it_are_named(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint)
    versions = gather(plan, takes, make_timeline(plan, takes, store), store).versions
    assert {"torch", "diffusers", "transformers", "ffmpeg"} <= versions.keys()
