"""Reservations of a month: of two at one moment one passes, the dead count what they used, numbers are given once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.amounts import Amount
from flows.cost.prices import Spend
from flows.cost.reservations import LIVES_SECONDS, Account, OverCap
from flows.store import open_store
from flows.store.layout import budget_folder, budget_note
from tests.flows.store.conftest import Kind

MONTH = "2026-11"
CAP = Amount(100)


def nothing() -> Spend:
    return Spend()


def test_of_films_that_come_at_one_moment_no_more_pass_than_the_cap_holds(kind: Kind) -> None:
    films = 8
    at_once = threading.Barrier(films)

    def begin(number: int) -> bool:
        account = Account(kind.open(), MONTH)
        at_once.wait()
        try:
            account.reserve(Spend(1.0, 40.0), CAP, nothing, film=f"film {number}")
        except OverCap:
            return False
        return True

    with ThreadPoolExecutor(films) as threads:
        passed = list(threads.map(begin, range(films)))
    assert sum(passed) == 2, "40 and 40 of 100; a third would be too much, and less than two would be too few"


def test_what_is_settled_is_free_again_and_its_number_is_not_given_twice(kind: Kind) -> None:
    store = kind.open()
    account = Account(store, MONTH)
    first, taken = account.reserve(Spend(1.0, 90.0), CAP, nothing)
    assert taken == 0
    with pytest.raises(OverCap) as over:
        account.reserve(Spend(1.0, 20.0), CAP, nothing)
    assert over.value.taken == 90
    first.settle()
    second, taken = account.reserve(Spend(1.0, 90.0), CAP, nothing)
    assert taken == 0
    assert second.number > first.number
    second.settle()
    assert len(store.notes(budget_folder(MONTH))) == 1, "the greatest number stays, or it would be given again"


def test_what_the_ledger_says_counts_beside_what_is_reserved(tmp_path: Path) -> None:
    account = Account(open_store(str(tmp_path)), MONTH)
    account.reserve(Spend(1.0, 30.0), CAP, nothing)
    with pytest.raises(OverCap) as over:
        account.reserve(Spend(1.0, 30.0), CAP, lambda: Spend(3.0, 50.0))
    assert over.value.taken == 80


def test_of_a_driver_that_died_counts_what_it_had_used(kind: Kind) -> None:
    now = [1_000_000.0]
    account = Account(kind.open(), MONTH, lambda: now[0])
    held, _ = account.reserve(Spend(1.0, 90.0), CAP, nothing)
    held.renew(Spend(0.2, 15.0))
    now[0] += LIVES_SECONDS - 1
    with pytest.raises(OverCap):
        account.reserve(Spend(1.0, 80.0), CAP, nothing)
    now[0] += 2
    _, taken = account.reserve(Spend(1.0, 80.0), CAP, nothing)
    assert taken == 15
    assert account.reserve(Spend(), Amount(9, hours=True), nothing)[1] == pytest.approx(1.2)


def test_one_that_uses_more_than_it_asked_for_counts_that(tmp_path: Path) -> None:
    account = Account(open_store(str(tmp_path)), MONTH)
    held, _ = account.reserve(Spend(1.0, 10.0), CAP, nothing)
    held.renew(Spend(4.0, 95.0))
    with pytest.raises(OverCap):
        account.reserve(Spend(1.0, 10.0), CAP, nothing)


def test_who_has_not_been_decided_is_waited_for(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    account = Account(store, MONTH)
    held, _ = account.reserve(Spend(1.0, 90.0), CAP, nothing)
    name = budget_note(MONTH, held.number)
    written = json.loads(store.note(name) or b"")
    store.put_note(name, json.dumps({**written, "state": "asked"}).encode())
    timer = threading.Timer(0.3, held.settle)
    timer.start()
    account.reserve(Spend(1.0, 90.0), CAP, nothing)
    timer.join()


def test_a_damaged_note_and_a_strange_one_promise_nothing(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put_note(budget_note(MONTH, 1), b"{")
    store.put_note(f"{budget_folder(MONTH)}/readme.txt", b"hello")
    held, taken = Account(store, MONTH).reserve(Spend(1.0, 90.0), CAP, nothing)
    assert (held.number, taken) == (2, 0)


def test_a_driver_that_is_killed_leaves_what_it_had_used(tmp_path: Path) -> None:
    script = f"""
import os, sys
from flows.amounts import Amount
from flows.cost.prices import Spend
from flows.cost.reservations import Account
from flows.store import open_store
held, _ = Account(open_store({str(tmp_path)!r}), {MONTH!r}).reserve(Spend(1.0, 90.0), Amount(100), Spend)
held.renew(Spend(0.1, 12.0))
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    store = open_store(str(tmp_path))
    with pytest.raises(OverCap) as over:
        Account(store, MONTH).reserve(Spend(1.0, 50.0), CAP, nothing)
    assert over.value.taken == 90, "it may be alive"
    later = Account(store, MONTH, lambda: time.time() + LIVES_SECONDS + 1)
    assert later.reserve(Spend(1.0, 50.0), CAP, nothing)[1] == 12
