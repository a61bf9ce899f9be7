"""The Prefect API that a film's run is reported to: one of the person's own, or the embedded one."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flows.errors import EnvironmentProblem
from flows.film.locks import Address, become_client, read_address, starting, write_address
from flows.film.places import client_environment, prefect_home, server_environment

START_SECONDS = 180.0
"""The first start creates the database, which takes 10 s on a slow machine; later ones take 4 s."""
ANSWER_SECONDS = 10.0
"""What a server that should be running may take."""


@dataclass(frozen=True, slots=True)
class Server:
    """An API address; `wait` before using it. `client` keeps an embedded server alive as long as it is open."""

    api: str
    process: Address | None = None
    client: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a browser finds the UI."""
        return self.api.removesuffix("/api")

    def wait(self, meanwhile: Callable[[], None]) -> None:
        """Until it answers, calling `meanwhile` many times a second. Raises EnvironmentProblem when it does not."""
        deadline = time.monotonic() + (START_SECONDS if self.process else ANSWER_SECONDS)
        while not _answers(self.api):
            if time.monotonic() > deadline or (self.process is not None and not self.process.alive):
                raise EnvironmentProblem(self._silence())
            meanwhile()
            time.sleep(0.05)

    def _silence(self) -> str:
        if self.process is None:
            return f"no Prefect server answers at PREFECT_API_URL={self.api}\n    start it, or unset PREFECT_API_URL"
        log = _log_file(prefect_home())
        told = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
        return "\n    ".join(["the embedded Prefect server did not start; its log ends with:", *told, str(log)])


def connect(port: int = 0) -> Server:
    """The server that `PREFECT_API_URL` names, or the embedded one: found, or begun to start on `port` (0: any).

    Returns before the server answers. Sets the Prefect settings of this process that keep it quiet; call it before
    Prefect is imported. Raises EnvironmentProblem when the folder of the database cannot be written.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named:
        _set_environment(client_environment(None))
        return Server(named.rstrip("/"))
    home = prefect_home()
    _set_environment(client_environment(home))
    try:
        home.mkdir(parents=True, exist_ok=True)
        client = become_client(home)
    except OSError as error:
        raise EnvironmentProblem(f"Prefect's database cannot be kept in {home}: {error.strerror}") from error
    try:
        with starting(home):
            found = read_address(home)
            if found is None or not found.alive:
                found = _start(home, port)
    except BaseException:
        client.close()
        raise
    return Server(found.api, found, client)


def _start(home: Path, port: int) -> Address:
    """A server process of its own session, so that Ctrl-C in the terminal is for us alone."""
    port = _free_port(port)
    with _log_file(home).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.film.serve", str(port)],
            env=server_environment(home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _children.append(process)
    address = Address(f"http://127.0.0.1:{port}", process.pid)
    write_address(home, address)
    return address


_children: list[subprocess.Popen[bytes]] = []
"""Servers that this process started. They outlive it, so nobody waits for them; kept so that Python does not warn."""


def _log_file(home: Path) -> Path:
    return home / "server.log"


def _free_port(wanted: int) -> int:
    """The port wanted, or any (0). Raises EnvironmentProblem when somebody listens there already."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise EnvironmentProblem(
                f"port {wanted} is in use by another program\n    try another: wanflow ui --port {wanted + 1}"
            ) from error
        port: int = listener.getsockname()[1]
        return port


def _answers(api: str) -> bool:
    request = urllib.request.Request(f"{api}/health", headers=_authorisation())
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _authorisation() -> dict[str, str]:
    """What a server of one's own may ask for."""
    key, basic = os.environ.get("PREFECT_API_KEY"), os.environ.get("PREFECT_API_AUTH_STRING")
    if key:
        return {"Authorization": f"Bearer {key}"}
    return {"Authorization": f"Basic {base64.b64encode(basic.encode()).decode()}"} if basic else {}


def _set_environment(settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        os.environ.setdefault(name, value)
