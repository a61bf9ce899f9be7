"""How processes that share the embedded server find it, and how it knows that nobody needs it any more.

Every client holds a shared lock on `clients.lock`, the server one on `server.lock` for as long as it lives; the
operating system releases them however a process ends, `kill -9` included. The server leaves when it can have the
clients' lock for itself. `start.lock` is held by whoever starts or ends one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from wan.system.files import write_atomically
from wan.system.locks import is_held, kernel, lock, machine, try_lock

BEAT_SECONDS = 10.0
"""How often a server shows machines that cannot see its lock that it lives."""
BELIEF_SECONDS = 120.0
"""How long they believe it after that."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, the machine on whose loopback address that is, the system it runs on, its process."""

    url: str
    pid: int
    machine: str = ""
    kernel: str = ""

    @property
    def api(self) -> str:
        """What Prefect calls `PREFECT_API_URL`."""
        return f"{self.url}/api"

    @property
    def here(self) -> bool:
        """Whether it can be reached from here, if it lives."""
        return self.machine == machine()


def address_here(url: str, pid: int) -> Address:
    """Of a server that is started on this machine."""
    return Address(url, pid, machine(), kernel())


def become_client(home: Path) -> IO[bytes]:
    """Counts as a client until the returned file is closed or the process ends."""
    file = (home / "clients.lock").open("ab+")
    lock(file, shared=True)
    return file


@contextmanager
def starting(home: Path) -> Iterator[None]:
    """Nobody else starts or ends a server meanwhile."""
    with (home / "start.lock").open("ab") as file:
        lock(file)
        yield


def has_clients(home: Path) -> bool:
    """Whether any process counts as a client now."""
    with (home / "clients.lock").open("ab") as file:
        return not try_lock(file)


def leave_if_unused(home: Path) -> bool:
    """Take the address away unless there is a client, or somebody is about to be one."""
    with (home / "start.lock").open("ab") as start, (home / "clients.lock").open("ab") as clients:
        if not (try_lock(start) and try_lock(clients)):
            return False
        _address_file(home).unlink(missing_ok=True)
        return True


def server_lock(home: Path) -> Path:
    """Held by the server of that folder, and by nobody else for longer than a look."""
    return home / "server.lock"


def lives(home: Path, address: Address) -> bool:
    """Whether the server of that address uses the folder's database now. Locks are asked where they are sure to be
    seen, a server of another system for the last time that it has shown itself."""
    if address.kernel in ("", kernel()):
        return is_held(server_lock(home))
    return _silence(home) < BELIEF_SECONDS


def show_life(home: Path) -> None:
    """Told by a server every `BEAT_SECONDS`."""
    if _address_file(home).exists():
        os.utime(_address_file(home))


def _silence(home: Path) -> float:
    """Seconds since the server has shown itself, by the disk's own clock; 0 where nothing can be written."""
    try:
        os.utime(home / "start.lock")
        return (home / "start.lock").stat().st_mtime - _address_file(home).stat().st_mtime
    except OSError:
        return 0.0


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
