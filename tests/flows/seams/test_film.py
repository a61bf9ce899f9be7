"""A film is measured from its clips, and nothing of it twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.clips import HandOff
from flows.edit import make_timeline
from flows.errors import EnvironmentProblem, Stopped
from flows.planning.model import Plan
from flows.seams import film as measuring
from flows.seams import measure_film
from flows.seams.meeting import FRAMES
from flows.storyboard.model import Held, Transition
from tests.flows.continuity.moving import moving
from tests.flows.edit.films import ShotSpec, a_film
from tests.flows.made import changed

SHOTS = [
    ShotSpec("river.launch", ((17, 0, 16),)),
    ShotSpec("river.drift", ((17, 1, 16), (9, 0, 8)), Transition("dissolve", 0.25)),
    ShotSpec("dusk.long", ((17, 0, 17),)),
]


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    return moving(frames, start={"river.launch": 10, "river.drift": 30, "dusk.long": 60}[shot])


def going_on(plan: Plan) -> Plan:
    """The second shot goes on from the first."""
    first, second, *rest = plan.shots
    take = second.takes[0]
    start = changed(take.clips[0], hand_off=HandOff(((first.takes[0].fingerprint,),)))
    second = replace(second, takes=(replace(take, clips=(start, *take.clips[1:])),))
    return replace(plan, shots=(first, second, *rest))


def test_every_join_and_every_shot_is_measured_where_it_is_and_only_what_goes_on_is_judged(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint, size=(128, 72))
    plan = going_on(plan)
    timeline = make_timeline(plan, takes, store)
    found = measure_film(plan, takes, timeline, store)
    assert [(seam.kind, seam.name, seam.judged) for seam in found.seams] == [
        ("shot", "river.launch", True),
        ("join", "river.launch → river.drift", True),
        ("join", "river.drift, clips 1 and 2", True),
        ("shot", "river.drift", True),
        ("join", "river.drift → dusk.long", False),
        ("shot", "dusk.long", True),
    ]
    starts = {entry.shot: float(entry.start / timeline.rate) for entry in timeline.entries}
    assert found.seams[1].at == starts["river.drift"]
    assert found.seams[2].at == starts["river.drift"] + float(16 / timeline.entries[1].rate)
    assert "jump" in found.seams[2].over, "its second clip begins anew"
    assert "ghost" in found.seams[1].values, "both are seen in the dissolve"
    assert [len(found.lights[shot.id]) for shot in plan.shots] == [16, 24, 17]


def test_a_join_by_keyframes_is_judged_from_the_last_frame_that_is_seen(tmp_path: Path) -> None:
    plan, takes, store = a_film(
        tmp_path, [ShotSpec("a.one", ((17, 0, 16),)), ShotSpec("a.two", ((17, 0, 17),))], meet, size=(128, 72)
    )
    timeline = make_timeline(plan, takes, store)
    keyed = replace(plan, shots=(replace(plan.shots[0], leads_to="a.two"), plan.shots[1]))
    plain, judged = (measure_film(each, takes, timeline, store).seams[1] for each in (plan, keyed))
    assert (plain.judged, judged.judged) == (False, True)
    assert judged.values["jump"] == pytest.approx(1, abs=0.2), "one step, as between any two frames"
    assert (judged.values["doubled"], judged.over) == (0, ())


def meet(shot: str, take: int, frames: int) -> np.ndarray:
    """The second begins as the first ends."""
    return moving(frames, start={"a.one": 10, "a.two": 10 + 16 * 2}[shot])


def test_a_film_may_have_budgets_of_its_own(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint, size=(128, 72))
    timeline = make_timeline(plan, takes, store)
    easy = replace(plan, storyboard=replace(plan.storyboard, continuity=Held({"jump": 500})))
    strict, lax = (measure_film(each, takes, timeline, store).seams[2].over for each in (plan, easy))
    assert "jump" in strict
    assert "jump" not in lax


def test_what_was_measured_is_read_from_the_store_and_no_clip_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint, size=(128, 72))
    timeline = make_timeline(plan, takes, store)
    first = measure_film(plan, takes, timeline, store)

    def unwanted(*args: object) -> None:
        raise AssertionError("a clip is read")

    monkeypatch.setattr(measuring, "read_video", unwanted)
    monkeypatch.setattr(measuring, "frames_at", unwanted)
    assert measure_film(plan, takes, timeline, store) == first


def test_another_join_of_the_same_shots_reads_no_more_than_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint, size=(128, 72))
    measure_film(plan, takes, make_timeline(plan, takes, store), store)
    turned = replace(plan, shots=(plan.shots[2], plan.shots[0]))
    asked: list[int] = []

    def counted(file: Path, numbers: list[int]) -> list[np.ndarray]:
        asked.extend(numbers)
        return list(moving(len(numbers)))

    monkeypatch.setattr(measuring, "frames_at", counted)
    measure_film(turned, takes, make_timeline(turned, takes, store), store)
    assert len(asked) == 2 * FRAMES


def test_a_store_that_can_only_be_read_is_no_reason_to_measure_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS[:1], paint, size=(128, 72))
    timeline = make_timeline(plan, takes, store)

    def refused(name: str, data: bytes) -> None:
        raise EnvironmentProblem("the store can only be read")

    monkeypatch.setattr(store, "put_note", refused)
    assert [seam.name for seam in measure_film(plan, takes, timeline, store).seams] == ["river.launch"]


def test_measuring_is_given_up_when_it_is_stopped(tmp_path: Path) -> None:
    plan, takes, store = a_film(tmp_path, SHOTS, paint, size=(128, 72))
    with pytest.raises(Stopped):
        measure_film(plan, takes, make_timeline(plan, takes, store), store, lambda: True)
