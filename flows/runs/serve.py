"""The embedded Prefect server's process: `python -m flows.runs.serve HOME SOCKET`. Ends when nobody needs it.

Its settings come from the environment (`flows.runs.places.server_environment`); the number is that of a bound socket,
inherited like the lock on the server's folder. What it cannot begin for is the last line of its log.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.runs.locks import BEAT_SECONDS, has_clients, leave_if_unused, show_life
from flows.runs.lost_runs import mark_crashed

LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0
"""Task runs are recorded a little after they happened: the server waits until its database rests for so long..."""
PATIENCE_SECONDS = 30.0
"""...but no longer than this."""
START_SECONDS = 300.0
"""What the start may take; more than clients wait for it."""
LEAVE_SECONDS = 10.0
"""What the end may take; less than the next server waits for it."""


def main(home: Path, listener: socket.socket) -> None:
    """Serve until nobody has needed the server for a moment."""
    config = uvicorn.Config(
        f"{__spec__.name}:application",
        factory=True,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    api = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    threading.Thread(target=_watch, args=(server, api, home), daemon=True).start()
    server.run(sockets=[listener])


def application() -> ASGIApp:
    """Prefect's server. Why it cannot begin (a database that cannot be used) is said: it keeps that to itself."""
    from prefect.server.api.server import create_app

    inner = create_app()

    async def outspoken(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await inner(scope, receive, send)
        except BaseException as error:
            if scope["type"] == "lifespan":
                traceback.print_exc()
                print(why_unusable(error), file=sys.stderr, flush=True)
            raise

    return outspoken


def why_unusable(error: BaseException) -> str:
    """The innermost reason, in one line: a driver's own words rather than the statement they are wrapped in."""
    inner = getattr(error, "orig", None) or error
    text = str(inner).strip().partition("\n")[0]
    return text.removeprefix("(sqlite3.OperationalError) ") or type(inner).__name__


def _watch(server: uvicorn.Server, api: str, home: Path) -> None:
    """Ends the server when nobody needs it, or when this thread fails: one that nobody watches would stay forever."""
    born, shown = time.time(), time.monotonic()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if time.monotonic() > deadline:
                return
            time.sleep(LOOK_SECONDS)
        mark_crashed(api, started_before=born)
        while not finished(home):
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - shown > BEAT_SECONDS:
                shown = time.monotonic()
                show_life(home)
        mark_crashed(api, started_before=time.time())
    finally:
        server.should_exit = True
        time.sleep(LEAVE_SECONDS)
        os._exit(1)  # it hangs: the next one could not have the database


def finished(home: Path) -> bool:
    """Nobody is there, what they did is written, and nobody has come meanwhile; or the database was deleted."""
    try:
        if has_clients(home):
            return False
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and time.time() - _last_write(home) < QUIET_SECONDS:
            time.sleep(LOOK_SECONDS)
        return leave_if_unused(home)
    except FileNotFoundError:
        return True


def _last_write(home: Path) -> float:
    return max((path.stat().st_mtime for path in home.glob("prefect.db*")), default=0.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
