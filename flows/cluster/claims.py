"""A clip is rendered by one worker of a machine at a time. Films with a Ray each do not know of each other: the second
that wants a clip waits for the first, and finds it in the store."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from flows.errors import Stopped
from wan.errors import NoHome
from wan.system.files import cache_folder
from wan.system.locks import hold, in_place

LOOK_SECONDS = 0.2
SAY_SECONDS = 60.0
"""How often it is said that another one is waited for: who says nothing hangs."""


@contextmanager
def alone(
    store_identity: bytes, fingerprint: str, should_stop: Callable[[], bool], say: Callable[[], None]
) -> Iterator[bool]:
    """Nobody else on this machine renders that clip for that store inside the block. Whether somebody did before, and
    was waited for, which `say` tells again and again. The system ends a claim with its process.

    Raises Stopped. Where no locks can be had, nobody is waited for.
    """
    name = hashlib.sha256(store_identity + fingerprint.encode()).hexdigest()[:32]
    file, waited = _claim(name, should_stop, say)
    try:
        yield waited
    finally:
        if file is not None:
            with suppress(OSError):
                os.unlink(file.name)
            file.close()


def _claim(name: str, should_stop: Callable[[], bool], say: Callable[[], None]) -> tuple[IO[bytes] | None, bool]:
    """The file, locked; None where there are no locks."""
    waited, said = False, -SAY_SECONDS
    try:
        path = cache_folder() / "claims" / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            file = hold(path)
            if file is not None and in_place(file, path):
                return file, waited
            if file is not None:  # whoever had it took it away
                file.close()
                continue
            if should_stop():
                raise Stopped("stopped while another command rendered the clip")
            if time.monotonic() - said >= SAY_SECONDS:
                said = time.monotonic()
                say()
            waited = True
            time.sleep(LOOK_SECONDS)
    except (OSError, NoHome):
        return None, waited
