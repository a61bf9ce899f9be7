"""A clip is rendered by one worker at a time, of machines that share nothing but a store: the second that wants it
waits for the first, and finds it in the store.

A claim is a note that is added if there is none, and written anew while its holder lives. No clock has to agree with
another: a claim whose bytes do not change for a minute, by the clock of whoever waits, is void, and the next number is
claimed in its place.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from flows.errors import EnvironmentProblem, Stopped, StoreError
from flows.store import Store
from flows.store.layout import claim_note

_log = logging.getLogger(__name__)

RENEW_SECONDS = 10.0
VOID_SECONDS = 60.0
"""Six times that: a store may be gone for a while, and who holds a claim may be busy."""
LOOK_SECONDS = 2.0
SAY_SECONDS = 60.0


@contextmanager
def alone_in(
    store: Store, fingerprint: str, owner: str, should_stop: Callable[[], bool], say: Callable[[], None]
) -> Iterator[bool]:
    """Nobody else who shares the store renders that clip inside the block, as long as the store answers. Whether
    somebody did before, and was waited for, which `say` tells again and again.

    `owner`: who gives a clip to one worker at a time; a claim that another worker has left for the same owner is void.
    A holder that is thought dead and lives renders the clip, too, and it is published once. Raises Stopped, StoreError.
    """
    claim = _Claim(store, fingerprint, owner)
    waited = claim.take(should_stop, say)
    over = threading.Event()
    thread = threading.Thread(target=claim.renew, args=(over,), name="claim", daemon=True)
    thread.start()
    try:
        yield waited
    finally:
        over.set()
        thread.join()
        claim.drop()


class _Claim:
    def __init__(self, store: Store, fingerprint: str, owner: str) -> None:
        self._store, self._fingerprint, self._owner = store, fingerprint, owner
        self._number, self._count, self._self = 0, 0, uuid.uuid4().hex

    def take(self, should_stop: Callable[[], bool], say: Callable[[], None]) -> bool:
        """Whether somebody was waited for."""
        waited, said = False, -SAY_SECONDS
        seen, since, below = b"", 0.0, b""
        while not self._taken(below):
            found, now = self._store.note(self._name(self._number)), time.monotonic()
            if found is None:
                self._number, waited = 0, True
            elif found.startswith(f"{self._owner} ".encode()) or (found == seen and now - since >= VOID_SECONDS):
                self._number, seen, below = self._number + 1, b"", found
            elif found != seen:
                seen, since = found, now
            else:
                waited = True
                if should_stop():
                    raise Stopped("stopped while another command rendered the clip")
                if now - said >= SAY_SECONDS:
                    said = now
                    say()
                time.sleep(LOOK_SECONDS)
        return waited

    def _taken(self, below: bytes) -> bool:
        """Whether it is ours now. What is void stays until the claim above it is dropped: if it is not there any more,
        that has been, and all begins anew."""
        if not self._store.add_note(self._name(self._number), self._data()):
            return False
        if self._number == 0 or self._store.note(self._name(self._number - 1)) == below:
            return True
        self._store.drop_note(self._name(self._number))
        self._number = 0
        return False

    def renew(self, over: threading.Event) -> None:
        while not over.wait(RENEW_SECONDS):
            self._count += 1
            try:
                self._store.put_note(self._name(self._number), self._data())
            except (StoreError, EnvironmentProblem) as error:  # the clip's own writing will say it
                _log.info("the claim of %s could not be renewed: %s", self._fingerprint, error)

    def drop(self) -> None:
        """With those that were void, before it: nobody takes a number above one that is gone."""
        with suppress(StoreError, EnvironmentProblem):  # it is void after a while
            for number in range(self._number + 1):
                self._store.drop_note(self._name(number))

    def _name(self, number: int) -> str:
        return claim_note(self._fingerprint, number)

    def _data(self) -> bytes:
        return f"{self._owner} {self._self} {self._count}".encode()
