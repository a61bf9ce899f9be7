"""The film's side of reporting: starts the process that tells Prefect, feeds it, and waits for it only so long.

Nothing here can fail the film: what goes wrong over there becomes `trouble`, a sentence for the person. Only what the
person has set, and is plainly wrong, is an error, before anything is rendered.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Generic, Protocol, TypeVar

from flows.errors import EnvironmentProblem, Stopped
from flows.events import Event
from flows.film.making import Making
from flows.film.observer import Run
from flows.runs.messages import Answer, Done, Known, Lost, Message, Refused, decode_answer
from flows.runs.named import Named, named_server
from flows.runs.outbox import Outbox
from flows.runs.places import QUIET, prefect_home, run_environment
from flows.runs.profiles import own_settings
from flows.runs.telling import Telling
from wan.system.files import state_folder

READY_SECONDS = 60.0
"""What importing Prefect may take, when a person's settings are to be checked by it."""
END_SECONDS = 60.0
"""What reporting may take after the film is made..."""
STOP_SECONDS = 8.0
"""...or after it was stopped."""
LEAVE_SECONDS = 1.0
"""What its last lines of log are waited for; then it ends without us."""
LOOK_SECONDS = 0.02

AnyAnswer = TypeVar("AnyAnswer", Known, Refused, Done)
Made = TypeVar("Made", contravariant=True)
Told = TypeVar("Told", contravariant=True)


class Tells(Protocol[Told]):
    """Says what happens in messages."""

    def opening(self) -> Iterator[Message]:
        """Before anything is rendered."""

    def of(self, event: Told) -> Iterator[Message]:
        """What follows from an event."""

    def closing(self, error: BaseException | None) -> Iterator[Message]:
        """The end."""


class Reports(Generic[Made, Told]):
    """An observer of what is made, which reports to Prefect what `telling` makes of it."""

    def __init__(self, telling: Callable[[Made], Tells[Told]]) -> None:
        self.trouble: str | None = None
        self._tells = telling
        self._process: subprocess.Popen[bytes] | None = None
        self._telling: Tells[Told] | None = None
        self._outbox: Outbox | None = None
        self._answers: list[Answer] = []
        self._deadline: float | None = None

    def start(self) -> None:
        """Raises EnvironmentProblem when the server that the person names is not one, or does not answer, and when
        Prefect refuses the person's settings."""
        own = own_settings()
        named = named_server()
        if named is not None:
            named.check()
        try:
            self._process = _started(named, run_environment(own, prefect_home(), named))
        except OSError as error:
            self.trouble = _not_shown(f"its process could not be started: {error.strerror}")
            return
        assert self._process.stdin is not None
        self._outbox = Outbox(self._process.stdin)
        threading.Thread(target=self._read, args=(self._process,), name="answers", daemon=True).start()
        if own.items() - QUIET.items():  # a person's own settings: before anything is rendered Prefect looks at them
            self._wait(lambda: bool(self._answers), time.monotonic() + READY_SECONDS)
            if (refused := self._answered(Refused)) is not None:
                raise EnvironmentProblem(refused.message)

    def begin(self, making: Made) -> None:
        """What is made."""
        self._telling = self._tells(making)
        self._say(*self._telling.opening())

    def tell(self, event: Told) -> None:
        """Never waits."""
        if self._telling is not None and self.trouble is None:
            self._say(*self._telling.of(event))

    def end(self, making: Made, error: BaseException | None) -> None:
        """What the run shows last."""
        self._deadline = time.monotonic() + (STOP_SECONDS if isinstance(error, Stopped) else END_SECONDS)
        if self._telling is not None and self.trouble is None:
            self._say(*self._telling.closing(error))

    @property
    def troubles(self) -> Sequence[str]:
        """Why nobody watches (any more)."""
        return () if self.trouble is None else (self.trouble,)

    def run(self, *, patient: bool = True) -> Run:
        """The flow run."""
        if patient and self._deadline is not None:
            self._wait(lambda: self._answered(Known) is not None, self._deadline)
        known = self._answered(Known)
        return Run(known.id, known.url) if known else Run()

    def close(self) -> None:
        """Everything is reported, or will not be."""
        process = self._process
        if process is None:
            return
        if self._outbox is not None:
            self._outbox.close()
        if self._deadline is None or not self._is_done(self._deadline):
            process.kill()
            process.wait()
        self._process = None
        with suppress(subprocess.TimeoutExpired):
            process.wait(LEAVE_SECONDS)
        _leaving[:] = [left for left in (*_leaving, process) if left.poll() is None]

    def _is_done(self, deadline: float) -> bool:
        done = self._wait(lambda: self._answered(Done) is not None, deadline)
        if not done and self.trouble is None:
            self.trouble = _not_shown("what was left to tell did not arrive in time")
        return done

    def _wait(self, happened: Callable[[], bool], deadline: float) -> bool:
        """Until it has, the time is up, or there is nothing to wait for any more."""
        while self._process is not None and self.trouble is None and not happened() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return happened()

    def _answered(self, kind: type[AnyAnswer]) -> AnyAnswer | None:
        return next((answer for answer in self._answers if isinstance(answer, kind)), None)

    def _say(self, *messages: Message) -> None:
        if self._outbox is not None:
            self._outbox.say(*messages)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as answers, suppress(OSError, ValueError, KeyError, TypeError):  # half a line: killed
            for answer in map(decode_answer, answers):
                self._answers.append(answer)
                if isinstance(answer, Lost | Refused):
                    self.trouble = _not_shown(answer.message)
        if self.trouble is None and self._answered(Done) is None:
            self.trouble = _not_shown("the process that tells Prefect has ended")


class Reporter(Reports[Making, Event]):
    """An `Observer` of a film that reports to Prefect."""

    def __init__(self) -> None:
        super().__init__(Telling)


_leaving: list[subprocess.Popen[bytes]] = []
"""Processes that have told everything and are about to end; kept so that Python does not warn."""


def _not_shown(why: str) -> str:
    """The sentence that the person reads."""
    return f"the run is not shown in Prefect (the film is made all the same): {why}{_story()}"


def _story() -> str:
    log = _log_file()
    return f"\n    more is in {log}" if log.exists() and log.stat().st_size else ""


def _log_file() -> Path:
    """What the process said; of the last film that had something to say."""
    return state_folder() / "prefect.log"


def _started(named: Named | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal is for the film alone. It stands in a folder where no project's
    settings lie."""
    with _log() as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.runs.process", "named" if named else "embedded"],
            env=environment,
            cwd=_quiet_folder(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def _quiet_folder() -> Path:
    home = prefect_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:  # said by who wants to write there
        return Path("/")
    return home


def _log() -> IO[bytes]:
    try:
        _log_file().parent.mkdir(parents=True, exist_ok=True)
        return _log_file().open("wb")
    except OSError:
        return Path(os.devnull).open("wb")
