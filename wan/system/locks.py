"""Who is at work on what: file locks, which the system releases however a process ends, and which machine this is.

The number of a process says nothing on another machine or in another container, nor once it was given to another
process; a lock does. On a network disk locks hold between machines where its server keeps them, which most do: what
must hold on all of them asks for the machine too.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from io import FileIO
from pathlib import Path
from typing import IO

_LOCK = ".lock"
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 2.0
_REST_SECONDS = 24 * 3600.0
"""After which a folder whose owner cannot be asked is taken to be left over."""
_DIGITS = re.compile("[0-9a-f]{8}")


@functools.cache
def kernel() -> str:
    """Of the running system: one until it is booted again, the same in all its containers."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux
        return socket.gethostname()


def machine() -> str:
    """Where a loopback address means the same: a machine, or a container with a network of its own. Short."""
    try:
        network = os.readlink("/proc/self/ns/net")
    except OSError:  # not Linux
        network = ""
    return hashlib.sha256(f"{socket.gethostname()} {kernel()} {network}".encode()).hexdigest()[:12]


def hold(path: Path, *, seconds: float = 0.0) -> IO[bytes] | None:
    """The file, locked for us alone until it is closed or the process ends, children that inherit it included.

    None if somebody else still holds it after so many seconds. Raises OSError, also where there are no locks.
    """
    file = path.open("a+b")
    deadline = time.monotonic() + seconds
    try:
        while not try_lock(file):
            if time.monotonic() >= deadline:
                file.close()
                return None
            time.sleep(_LOOK_SECONDS)
    except BaseException:
        file.close()
        raise
    return file


def is_held(path: Path) -> bool:
    """Whether somebody holds it now. A file that is not there is held by nobody."""
    try:
        with path.open("rb") as file:
            return not try_lock(file, shared=True)
    except FileNotFoundError:
        return False


def lock(file: IO[bytes] | FileIO, *, shared: bool = False) -> None:
    """Waits until the open file is locked by us: alone, or together with others who share it. Until it is closed, or
    the process ends. Raises OSError where there are no locks."""
    fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def try_lock(file: IO[bytes] | FileIO, *, shared: bool = False) -> bool:
    """As `lock`, and never waits: whether it is locked by us now."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def in_place(file: IO[bytes] | FileIO, path: Path) -> bool:
    """Whether the open file is still the one that `path` names: who held it before may have taken it away, and somebody
    else may hold another one of that name by now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


@contextmanager
def own_folder(parent: Path, prefix: str = "") -> Iterator[Path]:
    """A new folder `<parent>/<prefix><8 digits>` for us alone, gone when the block ends; those of processes that were
    killed are cleared away first. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{prefix}*"):
        if _DIGITS.fullmatch(left.name.removeprefix(prefix)) and _left_over(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / f"{prefix}{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    with ExitStack() as held:
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        with suppress(OSError):  # a disk without locks: others leave it alone for a while
            # who looks whether it is held holds it for that moment
            held.enter_context(hold(folder / _LOCK, seconds=_PATIENCE_SECONDS) or nullcontext())
        # last: a lock of this machine that nobody holds is taken to be left over
        (folder / _LOCK).write_text(machine())
        yield folder


def _left_over(folder: Path) -> bool:
    """Whether nobody works there any more. Of a folder of another machine, or one without a lock, only its age is
    known."""
    try:
        lock = folder / _LOCK
        if lock.exists() and (is_held(lock) or lock.read_text() == machine()):
            return not is_held(lock)
        return time.time() - folder.stat().st_mtime > _REST_SECONDS
    except OSError:  # taken away meanwhile, or a disk without locks
        return False
