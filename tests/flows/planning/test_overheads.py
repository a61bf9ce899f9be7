"""The whole render's estimate has its start and its edit in it."""

from __future__ import annotations

import pytest

from flows.ledger.overheads import Known, Overheads, rough_edit, start_key
from flows.planning.overheads import megapixel_frames, written
from flows.storyboard.model import Deliverable, Size
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def test_start_and_edit_are_as_this_store_knows_them(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    known = Overheads({start_key("tiny", "auto", rendered=True): Known(20.0, 3)}, Known(2.0, 1))
    made = plan(film(shot("a")), overheads=known)
    totals = made.totals
    assert (totals.start_seconds, totals.edit_seconds) == (20.0, 2 * rough_edit(written(made)))
    whole = totals.start_seconds + made.shots[0].estimated_seconds + totals.edit_seconds
    assert totals.estimated_seconds == pytest.approx(whole)


def test_a_film_that_is_in_the_store_starts_sooner(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    first = plan(film(shot("a")))
    again = plan(film(shot("a")), finished=frozenset(clip.fingerprint for clip in first.clips))
    assert 0 < again.totals.start_seconds < first.totals.start_seconds


def test_every_file_that_is_written_counts() -> None:
    phone = Deliverable("phone", size=Size(1000, 500))
    assert megapixel_frames(10, (1000, 1000), ()) == 10
    assert megapixel_frames(10, (1000, 1000), (phone, Deliverable("master"))) == 25
