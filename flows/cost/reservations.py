"""What films have asked for of a month's cap, as notes in the store: nobody begins before he has reserved.

Each has a number, one more than the greatest there is, and a note under it that is added only where there is none. So
numbers are given in order, and whoever has one sees all that came before. It is granted if what those have, what the
ledger says was spent, and it together stay within the cap: of two films that come at one moment, the second counts the
first. The greatest number is never taken away, or it would be given twice.

A note says until when it counts, and is renewed while its film is made. When that time is over the film's driver has
died: what it had used by then counts, and not what it had reserved.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from flows.amounts import Amount
from flows.cost.prices import Spend
from flows.fields import plain, restored
from flows.store import Store
from flows.store.layout import budget_folder, budget_note, budget_number

LIVES_SECONDS = 300.0
"""How long a note counts after it was written; clocks of machines may differ by much less."""
PATIENCE_SECONDS = 10.0
"""How long those before are waited for that have not been decided yet."""
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one film, or batch, may use: `hours` and `money`, of which so much is used. `until`: seconds since the
    epoch."""

    id: str
    film: str
    person: str
    state: Literal["asked", "granted", "settled"]
    hours: float
    money: float | None
    used_hours: float
    used_money: float | None
    until: float

    @property
    def asked(self) -> Spend:
        """What was reserved."""
        return Spend(self.hours, self.money)

    @property
    def used(self) -> Spend:
        """What of it is used, and maybe more than that."""
        return Spend(self.used_hours, self.used_money)

    def counts(self, cap: Amount, now: float) -> float:
        """What it takes of a cap."""
        if self.state == "settled":
            return 0.0
        used = self.used.measured(cap)
        return max(used, self.asked.measured(cap)) if now < self.until else used


class OverCap(Exception):
    """There is not enough left: `taken` by others and in the ledger."""

    def __init__(self, taken: float) -> None:
        super().__init__(f"{taken:g} are taken")
        self.taken = taken


class Account:
    """The reservations of one month. `now` gives seconds since the epoch."""

    def __init__(self, store: Store, month: str, now: Callable[[], float] = time.time) -> None:
        self._store, self._month, self._now = store, month, now

    def reserve(
        self, wanted: Spend, cap: Amount, spent: Callable[[], Spend], *, film: str = "", person: str = ""
    ) -> tuple[Held, float]:
        """`wanted` is ours until it is settled; also what was taken before us, in the cap's unit. `spent`: what the
        ledger says was spent; it is asked for last, so that what is settled meanwhile is not missed. Raises OverCap,
        StoreError, EnvironmentProblem."""
        mine = Reservation(
            id=uuid.uuid4().hex,
            film=film,
            person=person,
            state="asked",
            hours=wanted.hours,
            money=wanted.money,
            used_hours=0.0,
            used_money=0.0,
            until=self._now() + LIVES_SECONDS,
        )
        number = self._add(mine)
        held = Held(self, number, mine)
        try:
            others = sum(other.counts(cap, self._now()) for other in self._before(number))
            taken = others + spent().measured(cap)
            if taken + wanted.measured(cap) > cap.value:
                raise OverCap(taken)
            held.grant()
        except BaseException:
            held.settle()
            raise
        return held, taken

    def put(self, number: int, note: Reservation) -> Reservation:
        """Write it anew, with the time it counts."""
        renewed = replace(note, until=self._now() + LIVES_SECONDS)
        self._store.put_note(budget_note(self._month, number), json.dumps(plain(renewed)).encode())
        return renewed

    def sweep(self) -> None:
        """Take away what is settled, but the last."""
        numbers = self._numbers()
        for number in numbers[:-1]:
            note = self._read(number)
            if note is not None and note.state == "settled":
                self._store.drop_note(budget_note(self._month, number))

    def _add(self, note: Reservation) -> int:
        data = json.dumps(plain(note)).encode()
        while True:
            number = max(self._numbers(), default=0) + 1
            if self._store.add_note(budget_note(self._month, number), data):
                return number

    def _before(self, number: int) -> list[Reservation]:
        """All that were there before, decided; who is not by then counts as if he had got it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = [note for which, note in self._all() if which < number]
            undecided = any(note.state == "asked" and self._now() < note.until for note in found)
            if not undecided or time.monotonic() > deadline:
                return found
            time.sleep(LOOK_SECONDS)

    def _all(self) -> Iterator[tuple[int, Reservation]]:
        for number in self._numbers():
            if (note := self._read(number)) is not None:
                yield number, note

    def _numbers(self) -> list[int]:
        found = map(budget_number, self._store.notes(budget_folder(self._month)))
        return sorted(number for number in found if number is not None)

    def _read(self, number: int) -> Reservation | None:
        """A note that is damaged, or gone, promises nothing."""
        data = self._store.note(budget_note(self._month, number))
        try:
            return None if data is None else restored(Reservation, json.loads(data))
        except ValueError:
            return None


class Held:
    """A reservation of ours."""

    def __init__(self, account: Account, number: int, note: Reservation) -> None:
        self._account, self.number, self._note = account, number, note

    @property
    def asked(self) -> Spend:
        """What was reserved."""
        return self._note.asked

    def grant(self) -> None:
        """It counts for everybody from now on."""
        self._note = self._account.put(self.number, replace(self._note, state="granted"))

    def renew(self, used: Spend) -> None:
        """We are there, and have used so much. Of what is settled nothing is said any more: it may be gone."""
        if self._note.state == "settled":
            return
        self._note = self._account.put(self.number, replace(self._note, used_hours=used.hours, used_money=used.money))

    def settle(self) -> None:
        """What was used is in the ledger, and counts there: from now on, whatever is said of it."""
        self._note = self._account.put(self.number, replace(self._note, state="settled"))
        self._account.sweep()
