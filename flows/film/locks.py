"""How processes that share the embedded server find it, and how it knows that nobody needs it any more.

Every client holds a shared lock on `clients.lock`; the operating system releases it however the client ends, `kill -9`
included. The server leaves when it can have that lock for itself. `start.lock` is held by whoever starts or ends one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from wan.files import is_alive, write_atomically


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens, and its process."""

    url: str
    pid: int

    @property
    def api(self) -> str:
        """What Prefect calls `PREFECT_API_URL`."""
        return f"{self.url}/api"

    @property
    def alive(self) -> bool:
        """Whether the process exists; one that ended and was not yet waited for does not."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # a child of ours: takes note of its end
        return is_alive(self.pid)


def become_client(home: Path) -> IO[bytes]:
    """Counts as a client until the returned file is closed or the process ends."""
    file = (home / "clients.lock").open("ab")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


@contextmanager
def starting(home: Path) -> Iterator[None]:
    """Nobody else starts or ends a server meanwhile."""
    with (home / "start.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def has_clients(home: Path) -> bool:
    """Whether any process counts as a client now."""
    with (home / "clients.lock").open("ab") as file:
        return not _taken(file)


def leave_if_unused(home: Path) -> bool:
    """Take the address away unless there is a client, or somebody is about to be one."""
    with (home / "start.lock").open("ab") as start, (home / "clients.lock").open("ab") as clients:
        if not (_taken(start) and _taken(clients)):
            return False
        _address_file(home).unlink(missing_ok=True)
        return True


def _taken(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_address(home: Path) -> Address | None:
    """Where the server listens, if one was started; it may be dead."""
    try:
        return Address(**json.loads(_address_file(home).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_address(home: Path, address: Address) -> None:
    """Tell other processes."""
    write_atomically(_address_file(home), json.dumps(asdict(address)))


def _address_file(home: Path) -> Path:
    return home / "server.json"
