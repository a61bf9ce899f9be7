"""A film's history: written with the film, and never a reason to lose it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from flows.events import Failed
from flows.film.making import Making
from flows.film.record import write_history
from flows.film.survey import Survey
from flows.ledger import read_history
from flows.planning import past_of
from flows.planning.why import worst_seam
from flows.resolve.memory import recall
from flows.seams import Continuity, Seam
from flows.store import Store, open_store
from tests.flows.cli.plans import clip, plan, shot, take
from tests.flows.records import empty_record

PLAN = plan(shot("river.launch", take(clip("a" * 64, "cached"))))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def making(store: Store, film: Path | None) -> Making:
    made = Making(
        plan=PLAN,
        shots=PLAN.shots,
        asked=(),
        store=store,
        folder=Path("outputs"),
        survey=Survey({"a" * 64: empty_record("a" * 64)}, (), frozenset()),
        pool=None,
        on_event=lambda event: None,
    )
    made.film = film
    return made


def test_a_finished_film_is_remembered_for_the_next_plan(store: Store) -> None:
    assert write_history(making(store, Path("film.mp4")), "run") is None
    assert [(row.shot, row.status, row.flow_run) for row in read_history(store)] == [("river.launch", "cached", "run")]
    assert recall(store, PLAN.storyboard) == past_of(PLAN)


def test_a_failure_that_names_a_file_without_utf_8_is_in_the_ledger(store: Store) -> None:
    made = making(store, None)
    made.records.clear()
    made.failures["a" * 64] = Failed("a" * 64, "w1", "caf\udce9.mp4: cannot be read", final=True)
    assert write_history(made, "run") is None
    (row,) = read_history(store)
    assert (row.status, row.message) == ("failed", "caf\\udce9.mp4: cannot be read")


def test_a_film_that_is_not_finished_is_in_the_ledger_alone(store: Store) -> None:
    assert write_history(making(store, None), "run") is None
    assert len(read_history(store)) == 1
    assert recall(store, PLAN.storyboard) == {}


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EIO])
def test_a_store_that_cannot_be_written_costs_the_history_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    warning = write_history(making(store, Path("film.mp4")), "run")
    assert warning is not None
    assert warning.startswith("the history of this film could not be written: ")
    assert store.address in warning


def test_what_was_measured_is_in_the_ledger_and_the_worst_of_it_remembered(store: Store) -> None:
    made = making(store, Path("film.mp4"))
    of_shot = Seam(kind="shot", shot="river.launch", values={"cuts": 0.0, "flash": 0.04})
    of_join = Seam(kind="join", shot="river.launch", before="river.start", values={"delta_e": 9.0})
    made.continuity = Continuity((of_join, of_shot))
    assert write_history(made, "run") is None
    (row,) = read_history(store)
    assert (row.seam, row.inside) == (of_join.values, of_shot.values)
    past = recall(store, PLAN.storyboard)
    assert past["river.launch"].seam == "river.start → river.launch: colour differs by 9 ΔE2000"
    assert worst_seam(past, ["river.launch"]) == past["river.launch"].seam
    assert worst_seam(past, ["river.other"]) is None
