"""`wanflow ui`: the Prefect UI on past and running films."""

from __future__ import annotations

import time
from collections.abc import Callable

from flows.errors import EnvironmentProblem
from flows.film.server import connect

LOOK_SECONDS = 0.5


def serve_ui(port: int = 4200, *, say: Callable[[str], None] = print) -> None:
    """Show the runs of all films of this user, and say where, until Ctrl-C.

    A server that films are being rendered with is joined, whatever its port; else one is started on `port` (0: any).
    With `PREFECT_API_URL` set, only says where that server's UI is. Raises EnvironmentProblem.
    """
    server = connect(port)
    server.wait(meanwhile=_nothing)
    say(f"{server.url}/runs")
    if server.process is None:
        return
    say("Ctrl-C ends it.")
    try:
        while server.process.alive:
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
    raise EnvironmentProblem("the Prefect server has ended; start it again: wanflow ui")


def _nothing() -> None:
    pass
