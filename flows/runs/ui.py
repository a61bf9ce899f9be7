"""`wanflow ui`: the Prefect UI on past and running films."""

from __future__ import annotations

import time
from collections.abc import Callable

from flows.errors import EnvironmentProblem
from flows.runs.named import named_server
from flows.runs.server import connect

LOOK_SECONDS = 0.5


def serve_ui(port: int = 4200, *, say: Callable[[str], None] = print) -> None:
    """Show the runs of all films of this user, and say where, until Ctrl-C.

    A server that films are being rendered with is joined, whatever its port; else one is started on `port` (0: any).
    Of a server that the person names, only says where its UI is. Raises EnvironmentProblem.
    """
    named = named_server()
    if named is not None:
        named.check()
        say(f"{named.url}/runs")
        return
    server = connect(port)
    try:
        server.wait()
        say(f"{server.url}/runs")
        say("Ctrl-C ends it.")
        while server.alive:
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
    finally:
        server.close()
    raise EnvironmentProblem("the Prefect server has ended; start it again: wanflow ui")
