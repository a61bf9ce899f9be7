"""From events of clips to what happens to takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import Problem
from flows.events import Failed, Finished
from flows.film.watch import Watches
from flows.planning import Plan
from tests.flows.film.filming import STORYBOARD, plan_in
from tests.flows.records import empty_record


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("at night}", "at night, takes: 2, duration: 4s}"))
    return plan_in(tmp_path)


@pytest.fixture
def watches(plan: Plan) -> Watches:
    return Watches(plan.shots, {clip.fingerprint for clip in plan.clips})


def test_takes_are_named_by_shot_and_number(watches: Watches) -> None:
    assert [watch.name for watch in watches.takes] == [
        "river.launch",
        "river.drift",
        "river.night",
        "river.night take 2",
    ]


def test_a_take_is_done_with_its_last_clip(watches: Watches) -> None:
    night = watches.takes[2]
    first, *rest = night.take.clips
    assert rest
    for clip in (first, *rest):
        assert night.open
        watches.note(Finished(clip.fingerprint, empty_record(clip.fingerprint), cached=False))
    assert not night.open
    assert watches.of(first.fingerprint) == (night,)


def test_a_failure_for_good_ends_the_take_one_that_is_tried_again_does_not(watches: Watches) -> None:
    launch = watches.takes[0]
    watches.note(Failed(launch.take.fingerprint, "w", "stumbled", final=False))
    assert launch.open
    watches.note(Failed(launch.take.fingerprint, "w", "fell", final=True))
    assert watches.problems == (Problem(None, "on w: fell", None, "river.launch"),)


def test_why_a_take_failed_is_said_with_its_number_where_the_shot_has_several(watches: Watches) -> None:
    watches.note(Failed(watches.takes[3].take.clips[0].fingerprint, "", "no worker is left", final=True))
    assert watches.problems == (Problem(None, "take 2: no worker is left", None, "river.night"),)


def test_what_is_in_the_store_is_not_waited_for(plan: Plan) -> None:
    assert not any(watch.open for watch in Watches(plan.shots, set()).takes)
