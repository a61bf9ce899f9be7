"""When no further clip may be begun, what is asked for beyond a reservation, and what is told on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from flows.amounts import amount
from flows.cost.caps import Cap
from flows.cost.guard import Guard, Month
from flows.cost.meter import Meter
from flows.cost.prices import Prices, Spend
from flows.cost.reservations import LIVES_SECONDS, Account, OverCap, Reservation
from flows.events import BudgetLow, Event, Failed, Finished, Progress, Started
from flows.store import open_store
from flows.store.layout import budget_folder
from tests.flows.made import a_clip
from tests.flows.records import empty_record

PRICES = Prices({}, 3600.0, "EUR")
"""A second costs 1."""
EACH = 10.0
CLIPS = [a_clip(name, estimated_seconds=EACH) for name in "abcd"]


class Film:
    """Told what happens at which second."""

    def __init__(self, caps: Iterable[Cap] = (), month: Month | None = None) -> None:
        self.now = 0.0
        self.meter = Meter()
        self.guard = Guard(CLIPS, caps, month, PRICES, self.meter, [""], clock=lambda: self.now)
        self.told: list[BudgetLow] = []

    def hears(self, *events: tuple[float, Event]) -> str:
        for now, event in events:
            self.now = now
            self.meter.note(event, now)
            self.told += self.guard.note(event)
        return self.guard.stopped


def begun(name: str) -> Started:
    return Started(name, "w1", 1)


def done(name: str, seconds: Mapping[str, float] | None = None) -> Finished:
    return Finished(name, replace(empty_record(name), seconds=seconds or {"denoise": EACH}), cached=False)


def film_cap(most: str, before: float = 0.0) -> Cap:
    return Cap("film", amount(most), "EUR", before)


def test_it_is_stopped_while_the_last_clip_that_fits_still_runs() -> None:
    film = Film([film_cap("25")])
    assert not film.hears((0, begun("a")), (10, done("a")))
    assert "no further clip is begun" in film.hears((10, begun("b")))
    assert (
        "cost.cap.film=25: 10.00 EUR are spent or reserved, and the next clip may take 10.00 EUR" in film.guard.stopped
    )


def test_what_fits_is_never_stopped() -> None:
    film = Film([film_cap("40.5")])
    for number, name in enumerate("abcd"):
        assert not film.hears((10 * number, begun(name)), (10 * number + 10, done(name)))


def test_failed_attempts_count() -> None:
    film = Film([film_cap("45")])
    assert not film.hears((0, begun("a")), (9, Failed("a", "w1", "memory", final=False)))
    assert not film.hears((9, begun("a")), (19, done("a")), (19, begun("b")))
    assert film.hears((29, done("b")), (29, begun("c")))


def test_clips_that_are_slower_than_expected_make_the_next_one_dearer() -> None:
    film = Film([film_cap("55")])
    assert not film.hears((0, begun("a")))
    assert film.hears((20, done("a", {"load": 5, "denoise": 15.0})), (20, begun("b"))) == "", "20, 15 and 15"
    assert film.hears((40, done("b", {"denoise": 20.0}))), "17.5 more would be too much"


def test_a_clip_that_does_not_end_is_noticed_while_it_runs() -> None:
    film = Film([film_cap("45")])
    assert not film.hears((0, begun("a")), (30, Progress("a", "denoise", 1, 9)))
    assert film.hears((36, Progress("a", "denoise", 2, 9)))


def test_what_the_film_had_spent_before_counts() -> None:
    assert Film([film_cap("25", before=10)]).hears((0, begun("a")))


def test_the_last_clips_are_finished_whatever_they_cost() -> None:
    film = Film([film_cap("35")])
    for name in "abcd":
        film.hears((0, replace(begun(name), worker=name)))
    film.guard.stopped = ""
    assert not film.hears((99, done("a"))), "there is nothing left to be begun"


def test_a_warning_is_given_once_when_a_part_is_spent() -> None:
    film = Film([film_cap("40")])
    film.hears((0, begun("a")), (10, done("a")), (10, begun("b")), (20, done("b")), (20, begun("c")))
    assert film.told == []
    film.hears((32, Progress("c", "denoise", 1, 2)), (34, done("c")))
    assert film.told == [BudgetLow("cost.cap.film", 32.0, 40.0, "EUR")]
    assert film.told[0].message == "cost.cap.film: 32 of 40 EUR are spent or reserved"


@pytest.mark.parametrize(("most", "allowed"), [("45", False), ("51", True)])
def test_what_is_rendered_again_counts_before_it_is_begun(most: str, allowed: bool) -> None:
    film = Film([film_cap(most)])
    for number, name in enumerate("abcd"):
        assert not film.hears((10 * number, begun(name)), (10 * number + 10, done(name)))
    film.guard.again(CLIPS[:1])
    assert (film.guard.stopped == "") == allowed
    if allowed:
        assert not film.hears((40, begun("a")), (50, done("a")))
        film.guard.again([a_clip("e", estimated_seconds=2.0)])
        assert "the next clip may take 2.00 EUR more" in film.guard.stopped, "one that was not missing at first"


def test_for_what_is_rendered_again_more_of_a_month_is_asked_for(tmp_path: Path) -> None:
    month = month_in(tmp_path)
    month.reserve(Spend(0.0, 40.0))
    film = Film(month=month)
    for number, name in enumerate("abcd"):
        film.hears((10 * number, begun(name)), (10 * number + 10, done(name)))
    assert month.allowed == 40
    film.guard.again(CLIPS[:1])
    assert not film.guard.stopped
    assert month.allowed == pytest.approx(50)


def month_in(folder: Path, most: str = "60", spent: float = 0.0) -> Month:
    account = Account(open_store(str(folder)), "2026-11")
    cap = Cap("month", amount(most), "EUR")
    return Month(name="2026-11", account=account, cap=cap, spent=lambda: Spend(0.0, spent), film="f", person="p")


def test_a_film_that_needs_more_asks_for_it_and_gives_it_back(tmp_path: Path) -> None:
    month = month_in(tmp_path)
    month.reserve(Spend(0.0, 40.0))
    film = Film(month=month)
    assert not film.hears((0, begun("a")), (9, Failed("a", "w1", "memory", final=False)), (9, begun("a")))
    assert not film.hears((19, done("a")), (19, begun("b")), (29, done("b")))
    assert month.allowed == 40, "it is not asked for before it is needed"
    assert not film.hears((29, begun("c")))
    assert month.allowed == pytest.approx(49), "9 were for nothing"
    with pytest.raises(OverCap):
        month_in(tmp_path).reserve(Spend(0.0, 12.0))
    film.guard.recorded = True
    assert film.guard.settle() is None
    month_in(tmp_path).reserve(Spend(0.0, 60.0))


def test_two_films_cannot_both_grow_into_what_is_left(tmp_path: Path) -> None:
    months = [month_in(tmp_path, "89"), month_in(tmp_path, "89")]
    for month in months:
        month.reserve(Spend(0.0, 40.0))
    films = [Film(month=month) for month in months]
    failed = [(0.0, begun("a")), (8.0, Failed("a", "w1", "memory", final=False)), (8.0, begun("a"))]
    assert not films[0].hears(*failed)
    films[1].hears(*failed)
    for film in films:
        film.hears((18, done("a")), (18, begun("b")), (28, done("b")), (28, begun("c")), (38, done("c")))
    stopped = [film.guard.stopped for film in films]
    assert stopped[0] == ""
    assert "cost.cap.month=89" in stopped[1]
    assert sum(month.allowed for month in months) <= 89


def test_what_is_not_in_the_ledger_stays_with_the_reservations(tmp_path: Path) -> None:
    month = month_in(tmp_path)
    month.reserve(Spend(0.01, 40.0))
    film = Film(month=month)
    film.hears((0, begun("a")), (30, done("a")))
    assert film.guard.settle() is None
    later = Account(open_store(str(tmp_path)), "2026-11", lambda: time.time() + LIVES_SECONDS + 1)
    assert later.reserve(Spend(), month.cap.most, Spend)[1] == pytest.approx(30), "as of a driver that died"


@pytest.mark.parametrize("recorded", [True, False])
def test_the_end_waits_for_a_renewal_that_is_under_way(
    recorded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the renewal knew is older: written last, it would count beside the ledger for the rest of the month."""
    month = month_in(tmp_path)
    month.reserve(Spend(0.01, 40.0))
    begun_writing, go_on = threading.Event(), threading.Event()
    put, here = month.account.put, threading.current_thread()

    def slowly(number: int, note: Reservation) -> Reservation:
        if threading.current_thread() is not here:
            begun_writing.set()
            assert go_on.wait(20)
        return put(number, note)

    monkeypatch.setattr(month.account, "put", slowly)
    monkeypatch.setattr("flows.cost.guard.RENEW_SECONDS", 0.01)
    film = Film(month=month)
    film.hears((0, begun("a")))
    assert begun_writing.wait(20)
    film.hears((30, done("a")))
    film.guard.recorded = recorded
    threading.Timer(0.3, go_on.set).start()
    assert film.guard.settle() is None
    month.renew(Spend(0.5, 99.0) if recorded else Spend(0.01, 30.0))
    (name,) = month.account._store.notes(budget_folder("2026-11"))
    note = json.loads(month.account._store.note(name) or b"")
    assert (note["state"], note["used_money"]) == (("settled", 0.0) if recorded else ("granted", 30.0))
