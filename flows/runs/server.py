"""The embedded Prefect server: found, or started, for all processes of a user on this machine."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

import httpx

from flows.errors import EnvironmentProblem
from flows.runs.database import NAME, check_database, check_writable, told, why_not
from flows.runs.locks import (
    Address,
    address_here,
    become_client,
    lives,
    read_address,
    server_lock,
    starting,
    write_address,
)
from flows.runs.places import prefect_home, server_environment
from wan.system.locks import hold

START_SECONDS = 180.0
"""The first start creates the database, which takes 10 s on a slow machine; later ones take 4 s."""
LEAVE_SECONDS = 20.0
"""What a server that is ending may take until its database is free."""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""For the loopback address: no proxy is asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """The embedded server in `home`; `wait` before using it. `lock` keeps it alive as long as it is open."""

    address: Address
    home: Path
    lock: IO[bytes]

    @property
    def api(self) -> str:
        """What Prefect calls `PREFECT_API_URL`."""
        return self.address.api

    @property
    def url(self) -> str:
        """Where a browser finds the UI."""
        return self.address.url

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def alive(self) -> bool:
        """Whether its process is there; it may not answer yet."""
        return lives(self.home, self.address)

    def client(self) -> httpx.Client:
        """To its API, on the loopback address: no proxy is asked."""
        return httpx.Client(base_url=self.api, timeout=10, trust_env=False)

    def answers(self) -> bool:
        """Whether it can be asked something now."""
        try:
            with _DIRECT.open(f"{self.api}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait(self) -> None:
        """Until it answers. Raises EnvironmentProblem when it does not."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or not self.alive:
                raise EnvironmentProblem(self._why_silent())
            time.sleep(0.05)

    def said(self) -> str:
        """Where to read what it said, if it did; to be put behind a sentence."""
        log = log_file(self.home)
        return f"\n    what it said is in {log}" if log.exists() and log.stat().st_size else ""

    def close(self) -> None:
        """It is not needed any more by us."""
        self.lock.close()

    def _why_silent(self) -> str:
        log = log_file(self.home)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        last = lines[-1].strip() if lines else "it says nothing"
        if _OF_DATABASE.search("\n".join(lines)):
            return f"{told(self.home / NAME, last)}\n    the whole story is in {log}"
        return f"the embedded Prefect server did not start: {last}\n    the whole story is in {log}"


_OF_DATABASE = re.compile(r"sqlite3?\.|alembic|database")
"""What the log of a server holds that failed by its database."""


def connect(port: int = 0) -> Server:
    """The embedded server: found, or begun to start on `port` (0: any). Returns before it answers.

    It is of this machine alone. A database that a server of another machine has open (a home on a network disk) is left
    to it: this one has another, in a folder below. Raises EnvironmentProblem when the database cannot be used.
    """
    for home in _homes():
        server = _connect(home, port)
        if server is not None:
            return server
    raise AssertionError("there is always one more folder")


def look() -> str:
    """What `connect` would find, in a line. Starts and changes nothing. Raises EnvironmentProblem as it does."""
    for home in _homes():
        try:
            address = read_address(home)
            living = address is not None and lives(home, address)
        except OSError as error:
            raise why_not(error, home) from error
        if address is not None and living:
            if address.here:
                return f"its server runs at {address.url}"
            continue
        if home.exists():
            check_database(home)
        check_writable(home)
        _listener(0).close()
        return "started when needed, on a free port of this machine; wanflow ui shows it"
    raise AssertionError("there is always one more folder")


def _homes() -> Iterator[Path]:
    """Of this user, and where others have those, of this machine."""
    home = prefect_home()
    name = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "machine"
    yield home
    yield home / "machines" / name
    yield from (home / "machines" / f"{name}-{number}" for number in count(2))


def _connect(home: Path, port: int) -> Server | None:
    """None: the server there is another machine's."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with starting(home):
            address = read_address(home)
            living = address is not None and lives(home, address)
            if living and address is not None and not address.here:
                return None
            client = become_client(home)
            try:
                return Server(address if address is not None and living else _start(home, port), home, client)
            except BaseException:
                client.close()
                raise
    except OSError as error:
        raise why_not(error, home) from error


def _start(home: Path, port: int) -> Address:
    """A server process of its own session, so that Ctrl-C in the terminal is for us alone. It inherits the lock on the
    folder, and the bound socket, which nobody can take meanwhile."""
    check_database(home)
    lock = hold(server_lock(home), seconds=LEAVE_SECONDS)
    if lock is None:
        raise EnvironmentProblem(f"a Prefect server that cannot be found has {home / NAME} open; end it and try again")
    with lock, _listener(port) as listener, log_file(home).open("wb") as log:
        inherited = (lock.fileno(), listener.fileno())
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.runs.serve", str(home), str(listener.fileno())],
            env=server_environment(home),
            cwd=home,  # whatever project the person stands in is none of its business
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=inherited,
        )
        _children.append(process)
        address = address_here(f"http://127.0.0.1:{listener.getsockname()[1]}", process.pid)
    write_address(home, address)
    return address


_children: list[subprocess.Popen[bytes]] = []
"""Servers that this process started. They outlive it, so nobody waits for them; kept so that Python does not warn."""


def log_file(home: Path) -> Path:
    """What the server of that folder said since it was started."""
    return home / "server.log"


def _listener(wanted: int) -> socket.socket:
    """Bound to the port wanted, or to any (0). Raises EnvironmentProblem when somebody listens there already."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", wanted))
    except OSError as error:
        listener.close()
        raise EnvironmentProblem(
            f"port {wanted} is in use by another program\n    try another: wanflow ui --port {wanted + 1}"
        ) from error
    return listener
