"""From events of clips to inboxes of takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.events import Failed, Finished, Started
from flows.film.watch import Done, Stop, TakeWatch, Watches
from flows.plan import Plan
from tests.flows.film.filming import STORYBOARD, plan_in
from tests.flows.records import empty_record


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("at night}", "at night, takes: 2, duration: 4s}"))
    return plan_in(tmp_path)


@pytest.fixture
def watches(plan: Plan) -> Watches:
    return Watches(plan.shots, {clip.fingerprint for clip in plan.clips})


def news(watch: TakeWatch) -> list[str]:
    kinds = []
    while not watch.inbox.empty():
        kinds.append(type(watch.inbox.get()).__name__)
    return kinds


def test_takes_are_named_by_shot_and_number(watches: Watches) -> None:
    assert [watch.name for watch in watches.takes] == [
        "river.launch",
        "river.drift",
        "river.night",
        "river.night take 2",
    ]


def test_a_take_begins_with_its_first_clip_and_is_done_with_its_last(watches: Watches) -> None:
    night = watches.takes[2]
    assert len(night.take.clips) > 1
    assert watches.tell(Started(night.take.clips[0].fingerprint, "w", 1)) == (night,)
    for clip in night.take.clips:
        assert watches.tell(Finished(clip.fingerprint, empty_record(clip.fingerprint), cached=False)) == ()
    assert news(night) == ["Started", *["Finished"] * len(night.take.clips), Done.__name__]
    assert not night.open


def test_a_failure_for_good_ends_the_take_one_that_is_tried_again_does_not(watches: Watches) -> None:
    launch = watches.takes[0]
    watches.tell(Failed(launch.take.fingerprint, "w", "stumbled", final=False))
    assert launch.open
    watches.tell(Failed(launch.take.fingerprint, "w", "fell", final=True))
    assert watches.failed == (launch,)


def test_a_stop_is_told_to_takes_that_are_under_way(watches: Watches) -> None:
    launch, drift = watches.takes[:2]
    watches.tell(Started(launch.take.fingerprint, "w", 1))
    watches.stop()
    assert news(launch) == ["Started", Stop.__name__]
    assert news(drift) == []


def test_what_is_in_the_store_is_not_waited_for(plan: Plan) -> None:
    assert not any(watch.open for watch in Watches(plan.shots, set()).takes)
