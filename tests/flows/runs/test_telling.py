"""From what happens to a film to what its run shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.errors import RenderError, Stopped
from flows.events import Event, Failed, Finished, Log, Progress, Started
from flows.film.making import Making
from flows.film.survey import Survey, survey
from flows.planning import Plan
from flows.runs.messages import Advanced, Began, Ended, Message, Opened, Page, Said, Table
from flows.runs.telling import STOPPED, Telling
from flows.seams import Continuity, Seam
from flows.store import open_store
from tests.flows.film.filming import STORYBOARD, plan_in
from tests.flows.records import empty_record


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("at night}", "at night, duration: 4s}"))
    return plan_in(tmp_path)


def making_of(plan: Plan, found: Sequence[str] = ()) -> Making:
    store = open_store(plan.settings.store.address)
    survey_ = survey(store, plan.clips)
    records = {name: empty_record(name) for name in found}
    missing = tuple(clip for clip in survey_.missing if clip.fingerprint not in records)
    return Making(
        plan=plan,
        shots=plan.shots,
        asked=(),
        store=store,
        folder=Path("outputs"),
        survey=Survey(records, missing, frozenset()),
        pool=None,
        on_event=lambda event: None,
    )


def told(making: Making, telling: Telling, *events: Event) -> list[Message]:
    return [message for event in events for message in telling.of(making.note(event))]


def test_it_opens_with_the_plan_and_the_takes_that_are_there(plan: Plan) -> None:
    making = making_of(plan, [plan.shots[0].takes[0].fingerprint])
    opened, page, began, ended = Telling(making).opening()
    assert opened == Opened("The paper boat", str(plan.storyboard.path), plan.storyboard_digest)
    assert isinstance(page, Page)
    assert began == Began("river.launch")
    assert isinstance(ended, Ended)
    assert (ended.take, ended.how) == ("river.launch", "cached")


def test_a_take_begins_with_its_first_clip_advances_and_is_done_with_its_last(plan: Plan) -> None:
    making = making_of(plan)
    telling = Telling(making)
    night = plan.shots[2].takes[0]
    first, *rest = night.clips
    assert rest
    begin = told(making, telling, Started(first.fingerprint, "w", 1), Progress(first.fingerprint, "denoise", 1, 2))
    assert begin[0] == Began("river.night")
    assert isinstance(begin[-1], Advanced)
    assert 0 < begin[-1].fraction < 1
    finished = [Finished(clip.fingerprint, empty_record(clip.fingerprint), cached=False) for clip in night.clips]
    ends = [message for message in told(making, telling, *finished) if isinstance(message, Ended)]
    assert [(end.take, end.how) for end in ends] == [("river.night", "completed")]
    assert told(making, telling, Log(first.fingerprint, 20, "late")) == []


def test_a_take_names_those_it_goes_on_from_that_were_shown(plan: Plan) -> None:
    launch, drift = (shot.takes[0].clips for shot in plan.shots[:2])
    assert drift[0].upstream == (launch[-1].fingerprint,)
    making = making_of(plan)
    telling = Telling(making)
    alone = told(making_of(plan), Telling(making_of(plan)), Started(drift[0].fingerprint, "w", 1))
    assert alone[0] == Began("river.drift"), "it would wait for a run that there is not"
    told(making, telling, Started(launch[0].fingerprint, "w", 1))
    told(
        making, telling, *(Finished(clip.fingerprint, empty_record(clip.fingerprint), cached=False) for clip in launch)
    )
    assert told(making, telling, Started(drift[0].fingerprint, "w", 1))[0] == Began("river.drift", ("river.launch",))


def test_a_failure_for_good_ends_the_take_one_that_is_tried_again_is_said(plan: Plan) -> None:
    making = making_of(plan)
    telling = Telling(making)
    launch = plan.shots[0].takes[0].fingerprint
    stumbled = told(making, telling, Failed(launch, "w", "stumbled", final=False))
    assert isinstance(stumbled[-1], Said)
    assert "will be tried again: stumbled" in stumbled[-1].text
    fell = told(making, telling, Failed(launch, "w", "fell", final=True))
    assert fell == [Ended("river.launch", "failed", "fell")]
    assert list(telling.closing(RenderError("one take"))) == [Ended("", "failed", "one take")]


def test_the_last_word_says_what_was_used(plan: Plan) -> None:
    making = making_of(plan)
    for now, event in ((0.0, Started("a", "w", 1)), (90.0, Failed("a", "w", "fell", final=True))):
        making.meter.note(event, now)
    (end,) = Telling(making).closing(RenderError("one take"))
    assert end == Ended("", "failed", "one take\nused 1 min 30 s of machine time; of it wasted: failed 1 min 30 s")


def test_a_stop_cancels_what_is_under_way(plan: Plan) -> None:
    making = making_of(plan)
    telling = Telling(making)
    told(making, telling, Started(plan.shots[0].takes[0].fingerprint, "w", 1))
    assert list(telling.closing(Stopped("stopped"))) == [
        Ended("river.launch", "cancelled", STOPPED),
        Ended("", "cancelled", "stopped"),
    ]


def test_a_mistake_of_ours_is_a_crash(plan: Plan) -> None:
    assert list(Telling(making_of(plan)).closing(ZeroDivisionError())) == [Ended("", "crashed", "ZeroDivisionError")]


def test_a_film_that_is_made_shows_what_was_measured_of_it(plan: Plan) -> None:
    making = making_of(plan)
    making.continuity = Continuity((Seam(kind="shot", shot="river.launch", values={"cuts": 1.0}),))
    table = next(message for message in Telling(making).closing(None) if isinstance(message, Table))
    assert [row["seam"] for row in table.rows] == ["river.launch"]
