"""The embedded Prefect server's process: `python -m flows.film.serve PORT`. Ends by itself when nobody needs it.

Its settings come from the environment (`flows.film.places.server_environment`).
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import uvicorn

from flows.film.locks import has_clients, leave_if_unused
from flows.film.mourn import mark_crashed
from flows.film.places import prefect_home

LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0
"""Task runs are recorded a little after they happened: the server waits until its database rests for so long..."""
PATIENCE_SECONDS = 30.0
"""...but no longer than this."""


def main(port: int, home: Path) -> None:
    """Serve until nobody has needed the server for a moment."""
    config = uvicorn.Config(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_watch, args=(server, f"http://127.0.0.1:{port}/api", home), daemon=True).start()
    server.run()


def _watch(server: uvicorn.Server, api: str, home: Path) -> None:
    """Ends the server when nobody needs it, or when this thread fails: one that nobody watches would stay forever."""
    born = time.time()
    while not server.started:
        time.sleep(LOOK_SECONDS)
    try:
        mark_crashed(api, started_before=born)
        while not finished(home):
            time.sleep(LOOK_SECONDS)
        mark_crashed(api, started_before=time.time())
    finally:
        server.should_exit = True


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
    main(int(sys.argv[1]), prefect_home())
