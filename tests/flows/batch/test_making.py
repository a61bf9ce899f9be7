"""What becomes of the films of a batch that caps end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.amounts import Amount
from flows.batch.editing import Edited
from flows.batch.film import BatchFilm
from flows.batch.making import BatchMaking
from flows.cost import Meter, Prices
from flows.cost.caps import Cap
from flows.cost.guard import Guard
from flows.errors import UserError
from flows.events import BudgetLow, Event, Finished, Started
from flows.planning.model import Clip
from tests.flows.batch.makings import making_in
from tests.flows.records import empty_record


def guard() -> Guard:
    made = Guard([], [], None, Prices({}, None, "EUR"), Meter(), [])
    made.stopped = "a cap is reached"
    return made


def outcomes(making: BatchMaking) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.error) for entry in making.entries]


def test_films_that_are_not_made_since_a_cap_is_reached_say_so_once(tmp_path: Path) -> None:
    making = making_in(tmp_path)
    making.guard = guard()
    making._over(making.films[0], "stopped", "it may take too much")
    told = list(making._give_up())
    assert outcomes(making) == [("stopped", "it may take too much"), ("stopped", "a cap is reached")]
    assert making.done == 2
    assert len(told) == 2, "a warning, and one film"


def test_what_a_cap_does_not_allow_is_not_rendered_again(tmp_path: Path) -> None:
    """No pool is started for it."""
    making = making_in(tmp_path)
    film = making.films[0]
    clips = film.making.plan.clips[:1]
    asked: list[str] = []

    def opened(lost: Sequence[Clip]) -> Guard:
        asked.extend(clip.fingerprint for clip in lost)
        return guard()

    making.open_guard = opened
    making._submit_again(clips, film)
    assert asked == [clips[0].fingerprint]
    assert making.listening is None

    def refused(lost: Sequence[Clip]) -> None:
        raise UserError("it may take too much")

    making.guard, making.open_guard = None, refused
    with pytest.raises(UserError, match="it may take too much"):
        making._submit_again(clips, film)
    assert making.listening is None


class Pool:
    """In the place of one: what it was given, and what it was told to leave out. `begun` is not left any more."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.left: set[str] = set()
        self.begun: set[str] = set()

    def submit(self, clips: Sequence[Clip], renderer: object = None) -> None:
        self.given += [clip.fingerprint for clip in clips]

    def leave_out(self, names: Collection[str]) -> frozenset[str]:
        left = frozenset(names) - self.begun
        self.left |= left
        return left


class Two:
    """A batch of two films that share their opening, each with a cap of its own that the first clip passes (`boat`), or
    that is far (`kite`)."""

    def __init__(self, folder: Path, *, window: int = 8) -> None:
        self.making = making = making_in(folder)
        self.boat, self.kite = making.films
        mine, others = ({clip.fingerprint for clip in film.making.plan.clips} for film in making.films)
        ((self.opening,), (self.own,), (self.other,)) = mine & others, mine - others, others - mine
        self.boat.leads, self.kite.leads = frozenset(mine), frozenset([self.other])
        self.pool = Pool()
        making.window = window
        making.listening = SimpleNamespace(pool=self.pool, stop=lambda: None)  # type: ignore[assignment]
        making.editors = SimpleNamespace(edit=self._edited, waiting=0, stop=lambda: None)  # type: ignore[assignment]
        self.cap(self.boat, 1e-9)
        self.cap(self.kite, 1e3)
        self.edited: list[str] = []

    def cap(self, film: BatchFilm, hours: float) -> None:
        clips = [clip for clip in film.making.plan.clips if clip.fingerprint in film.leads]
        cap = Cap("film", Amount(hours, hours=True), "EUR")
        film.making.guard = Guard(clips, [cap], None, Prices({}, None, "EUR"), film.making.meter, [])

    def made(self, *events: Event) -> list[Any]:
        """All that is told while these happen."""
        for event in events:
            self.making.inbox.put(event)
        return list(self.making.events())

    def _edited(self, film: BatchFilm) -> None:
        self.edited.append(film.name)
        self.making.inbox.put(Edited(film, None))


def begins(name: str) -> Event:
    return Started(name, "w", 1)


def ends(name: str) -> Event:
    return Finished(name, empty_record(name), cached=False)


def test_one_film_that_reaches_its_cap_is_stopped_and_the_others_go_on(tmp_path: Path) -> None:
    two = Two(tmp_path)
    told = two.made(begins(two.opening), ends(two.opening), begins(two.other), ends(two.other))
    assert two.pool.left == {two.own}, "what it alone wants is not begun; what is under way is finished"
    assert [entry.state for entry in two.making.entries] == ["stopped", "made"]
    assert str(two.making.entries[0].error).startswith("cost.cap.film=1e-09h: ")
    assert two.edited == ["kite"]
    assert next(low.message for low in told if isinstance(low, BudgetLow)).startswith("boat: cost.cap.film: ")
    assert two.boat.making.meter.used.keys() == {two.opening}


def test_what_another_film_wants_too_is_rendered_on_its_account(tmp_path: Path) -> None:
    two = Two(tmp_path)
    two.made(
        begins(two.own), ends(two.own), *map(begins, (two.opening, two.other)), *map(ends, (two.opening, two.other))
    )
    assert two.pool.left == set()
    assert two.kite.leads == {two.opening, two.other}
    assert two.kite.making.meter.used.keys() == {two.opening, two.other}
    assert sorted(two.edited) == ["boat", "kite"], "the first has what the second paid for"


def test_what_a_later_film_wants_is_left_to_it(tmp_path: Path) -> None:
    two = Two(tmp_path, window=1)
    two.made(
        begins(two.own), ends(two.own), *map(begins, (two.opening, two.other)), *map(ends, (two.opening, two.other))
    )
    assert [entry.state for entry in two.making.entries] == ["stopped", "made"]
    assert two.pool.left == {two.opening}
    assert two.pool.given.count(two.opening) == 2, "once for each of them"
    assert two.kite.making.meter.used.keys() == {two.opening, two.other}


def test_where_nobody_can_pay_all_who_wait_are_stopped(tmp_path: Path) -> None:
    two = Two(tmp_path)
    two.cap(two.kite, 1e-9)
    two.made(begins(two.other), begins(two.own), ends(two.own), ends(two.other))
    assert two.pool.left == {two.opening}
    assert [entry.state for entry in two.making.entries] == ["stopped", "stopped"]


def test_a_clip_that_was_being_begun_is_finished_before_its_film_is_over(tmp_path: Path) -> None:
    two = Two(tmp_path)
    two.pool.begun = {two.own}
    two.made(begins(two.opening), ends(two.opening), begins(two.own), ends(two.other), ends(two.own))
    assert [entry.state for entry in two.making.entries] == ["made", "made"], "all of it is there, then"
