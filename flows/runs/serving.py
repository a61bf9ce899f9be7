"""The process that serves films: `python -m flows.runs.serving SETTINGS`, which `wanflow serve` becomes.

It takes films from the work pool until it is stopped (Ctrl-C, SIGTERM). Then the films that are made are handed back:
their processes end, keeping what is finished, and their runs wait for whoever serves next. A server that does not
answer is waited for, with the films going on.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.errors import EnvironmentProblem, FlowsError
from flows.runs import alive
from flows.runs.lost_runs import look_after
from flows.runs.named import Named
from flows.runs.names import HANDED_BACK, POOL
from flows.runs.profiles import own_settings
from flows.runs.rest import Rest
from flows.runs.reviewing import answer_late
from flows.runs.served import Served
from flows.runs.server import Server, connect

if TYPE_CHECKING:
    from flows.runs.worker import FilmWorker

QUERY_SECONDS = 2.0
"""How often it is asked whether a film waits."""
LOOK_SECONDS = 10.0
"""How often runs that nobody follows are looked after, and the server is told that we are there."""
HAND_BACK_SECONDS = 40.0
"""What the processes of films may take to end; they give up after 25."""
LEAVE_SECONDS = 15.0
"""What is waited for when everything is handed back."""
GOES_ON = "The machine that made this film stopped serving. It goes on, with what is finished, where films are served."
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Serving:
    """What `wanflow serve` was told: its folder, overrides, how many films at once, which kind of server."""

    folder: str
    overrides: tuple[str, ...]
    limit: int
    embedded: bool

    def to_text(self) -> str:
        """An argument of the process."""
        return json.dumps(asdict(self))


def main(text: str) -> None:
    """Until it is stopped."""
    plain = json.loads(text)
    serving = Serving(plain["folder"], tuple(plain["overrides"]), plain["limit"], plain["embedded"])
    try:
        asyncio.run(_Serve(serving).until_stopped())
    except FlowsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(error.exit_code)


class _Serve:
    """One machine's service."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._server = _server(serving.embedded)
        self._stopped = asyncio.Event()

    async def until_stopped(self) -> None:
        for number in _STOPPING:
            asyncio.get_running_loop().add_signal_handler(number, self._stopped.set)
        if isinstance(self._server, Server):
            self._server.wait()
        os.environ["PREFECT_API_URL"] = self._server.api
        Served(self._serving.folder, self._serving.overrides, self._server.url).tell()
        from flows.runs.offer import SILENCE_SECONDS, offer
        from flows.runs.worker import FilmWorker

        with self._rest() as rest:
            offer(rest, silence=None if self._serving.embedded else SILENCE_SECONDS)
            look_after(rest, ())
        name, limit = socket.gethostname(), self._serving.limit
        async with FilmWorker(POOL, name=name, limit=limit, create_pool_if_not_found=False, say=_say) as worker:
            _say(f"serves films at {self._server.url}/deployments, {limit} at once; Ctrl-C ends it")
            await self._work(worker)
            worker.closed = True
            await self._hand_back(worker)
            _say("serves no more")
            last = threading.Timer(LEAVE_SECONDS, os._exit, (0,))
            last.daemon = True
            last.start()  # Prefect says goodbye to a server that is gone, and without end

    async def _work(self, worker: FilmWorker) -> None:
        """What is under way when we are stopped is not waited for: Prefect's client tries a server that is gone for
        minutes."""
        loops = asyncio.gather(
            self._again(worker.get_and_submit_flow_runs, QUERY_SECONDS),
            self._again(worker.sync_with_backend, LOOK_SECONDS),
            self._again(lambda: asyncio.to_thread(self._look, worker), LOOK_SECONDS),
        )
        stopped = asyncio.ensure_future(self._stopped.wait())
        await asyncio.wait((loops, stopped), return_when=asyncio.FIRST_COMPLETED)
        loops.cancel()
        with suppress(asyncio.CancelledError):
            await loops

    async def _again(self, do: Callable[[], Awaitable[object]], seconds: float) -> None:
        """Until we are stopped. A server that is not there now may be there later."""
        silent = False
        while not self._stopped.is_set():
            try:
                await do()
                silent = False
            except Exception as error:  # noqa: BLE001  # whatever Prefect's client may raise: said once, tried again
                if not silent:
                    _say(f"the Prefect server cannot be asked ({type(error).__name__}: {error}); films go on")
                silent = True
            try:
                await asyncio.wait_for(self._stopped.wait(), seconds)
            except TimeoutError:
                continue

    def _look(self, worker: FilmWorker) -> None:
        """An embedded server that was killed is started again, where the films look for it."""
        if isinstance(self._server, Server) and not self._server.alive:
            self._server = connect(self._server.port)
            self._server.wait()
        with self._rest() as rest:
            look_after(rest, worker.running)
            for run in answer_late(rest, datetime.now(UTC)):
                _say(f"{run}: nobody has decided in time")

    async def _hand_back(self, worker: FilmWorker) -> None:
        """Their processes end; runs that nobody has cancelled are there for who serves next."""
        runs = set(worker.running)
        if runs:
            _say(f"hands back {len(runs)} films; what is finished is kept")
        with self._rest() as rest:
            handed = [run for run in runs if _state(rest, run) not in ("CANCELLING", "CANCELLED")]
            for run in runs:
                alive.stop(run)
            deadline = time.monotonic() + HAND_BACK_SECONDS
            while worker.running and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            now = datetime.now(UTC).isoformat()
            for run in handed:
                try:
                    if _state(rest, run) not in ("COMPLETED", "FAILED", "PAUSED"):  # made after all, or people decide
                        state = {"type": "SCHEDULED", "name": HANDED_BACK, "message": GOES_ON}
                        rest.set_state(run, {**state, "state_details": {"scheduled_time": now}})
                    alive.forget(run)
                except EnvironmentProblem as error:  # it stays noted: the next one here finds that its process is gone
                    _say(str(error))

    def _rest(self) -> Rest:
        return Rest(self._server.url, self._server.client())


def _state(rest: Rest, run: str) -> str | None:
    """None: it is not known, since the run was deleted or the server does not answer."""
    try:
        found = rest.get(f"/flow_runs/{run}")
    except EnvironmentProblem:
        return None
    return found["state_type"] if found else None


def _server(embedded: bool) -> Server | Named:
    if embedded:
        return connect()
    settings = own_settings()
    return Named(settings["PREFECT_API_URL"], settings)


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S}  {text}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
