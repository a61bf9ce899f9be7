"""The process that reports a film's run to Prefect: `python -m flows.runs.process embedded|named`.

It hears what happens on its standard input, answers on its standard output, and logs on its standard error. The film's
process knows no Prefect: whatever becomes of this one, of its server or its network, is none of the film's concern.
Its settings come from the environment (`flows.runs.places.run_environment`).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from typing import IO

from flows.errors import EnvironmentProblem
from flows.runs.feed import FEED, Feed
from flows.runs.life import watch_life
from flows.runs.messages import Answer, Done, Known, Lost, Ready, Refused, encode
from flows.runs.named import Named
from flows.runs.profiles import named_setting, own_settings
from flows.runs.server import Server, connect

LEAVE_SECONDS = 10.0
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(embedded: bool) -> None:
    """Until the film's end is reported, or cannot be."""
    answers = _Answers()
    feed = Feed(sys.stdin.buffer)
    server: Server | Named | None = None
    try:
        server = _server(embedded)
        # Who stops the film ends the run through it; a service manager stops both at once.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        os.environ["PREFECT_API_URL"] = server.api
        _check_settings(answers)
        opened = feed.opening()
        if opened is None:
            return
        if isinstance(server, Server):
            server.wait()
        watch_life(server, feed.ending, lambda: answers.leave(Lost(_gone(server))))
        _run(feed, answers, server.url, opened.title, opened.storyboard, opened.digest)
        answers.say(Done())
        last = threading.Timer(LEAVE_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()  # Prefect waits for the last lines of its log, and without end
    except EnvironmentProblem as error:
        answers.leave(Lost(str(error)))
    except BaseException as error:  # noqa: BLE001  # not swallowed: the film's process says it, the log has the rest
        traceback.print_exc()
        first = str(error).strip().partition("\n")[0]
        answers.leave(Lost(f"{type(error).__name__}: {first}"))


class _Answers:
    """What the film's process reads. Nothing else is written there, whatever a library prints."""

    def __init__(self) -> None:
        self._file: IO[bytes] = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = threading.Lock()

    def say(self, answer: Answer) -> None:
        with self._lock:
            self._file.write(encode(answer))

    def leave(self, answer: Answer) -> None:
        """The last word: what still waits for a server is not waited for."""
        try:
            self.say(answer)
            sys.stderr.flush()
        finally:
            os._exit(1)


def _server(embedded: bool) -> Server | Named:
    if embedded:
        return connect()
    settings = own_settings()
    return Named(settings["PREFECT_API_URL"], settings)


def _check_settings(answers: _Answers) -> None:
    """Prefect reads them when it is imported."""
    try:
        import prefect.main  # noqa: F401
    except ValueError as error:
        traceback.print_exc()
        answers.leave(Refused(f"Prefect's settings: {_named(error)}"))
    answers.say(Ready())


def _named(error: ValueError) -> str:
    """What is wrong, by the name of the variable."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error).partition("\n")[0]
    first = error.errors()[0]
    name = named_setting([str(part) for part in first["loc"]], first["input"], os.environ)
    return f"{name}: {first['msg']}"


def _run(feed: Feed, answers: _Answers, url: str, title: str, storyboard: str, digest: str) -> None:
    from flows.runs.flow import ON_RUN, film

    FEED.set(feed)
    ON_RUN.set(lambda run: answers.say(Known(run, f"{url}/runs/flow-run/{run}")))
    state = film(title, storyboard, digest, return_state=True)
    if not feed.finished:
        state.result(raise_on_failure=True)  # what went wrong outside our own code, as it was raised


def _gone(server: Server | Named) -> str:
    said = server.said() if isinstance(server, Server) else ""
    return f"the Prefect server at {server.url} has gone{said}"


if __name__ == "__main__":
    main(embedded=sys.argv[1] == "embedded")
