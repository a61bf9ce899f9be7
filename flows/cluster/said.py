"""What a worker says of one job: kept until somebody has heard it, whoever asks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flows.cluster.job import Heard, Message, Warm
from flows.cluster.read_ahead import ReadAhead
from flows.events import Log, Progress


class Said:
    """What is said of one job, until somebody has heard it. Safe for many threads."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._messages: list[Message] = []
        self._over = self._told = False
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """Whether nothing more will be said. True as well of what was never begun."""
        return self._over or not self._messages

    @property
    def told(self) -> bool:
        """Whether somebody has heard the end."""
        return self._told

    def say(self, message: Message) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def heard(self, after: int, seconds: float) -> Heard:
        with self._changed:
            self._changed.wait_for(lambda: self._over or len(self._messages) > after, seconds)
            self._told = self._over
            self._changed.notify_all()
            return Heard(tuple(self._messages[after:]), self._over)

    def wait_until_told(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._told, seconds)


class Reporter:
    """`flows.cluster.renderers.Report`, as events of one clip."""

    def __init__(self, fingerprint: str, said: Said, ahead: ReadAhead) -> None:
        self.said = said
        self.warm: Callable[[], frozenset[str]] = frozenset
        self.told_warm = frozenset[str]()
        self._ahead = ahead
        self._fingerprint = fingerprint

    def progress(self, stage: str, step: int, steps: int) -> None:
        """Once the clip is being denoised it is known what is held, and there is time to read what comes next."""
        denoises = stage == "denoise"
        self._ahead.allow(denoises)
        if denoises and (warm := self.warm()) != self.told_warm:
            self.told_warm = warm
            self.said.say(Warm(warm))
        self.said.say(Progress(self._fingerprint, stage, step, steps))

    def should_stop(self) -> bool:
        return self.said.stop.is_set()


class _Forwarder(logging.Handler):
    """Our own loggers from INFO up, everybody else's from WARNING up."""

    def __init__(self, fingerprint: str, say: Callable[[Message], None]) -> None:
        super().__init__(logging.INFO)
        self._fingerprint = fingerprint
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name.partition(".")[0] in ("flows", "wan")
        if ours or record.levelno >= logging.WARNING:
            self._say(Log(self._fingerprint, record.levelno, record.getMessage()))


@contextmanager
def logs_forwarded(fingerprint: str, say: Callable[[Message], None]) -> Iterator[None]:
    """What is logged inside the block is said, too, of that clip."""
    handler = _Forwarder(fingerprint, say)
    root = logging.getLogger()
    for name in ("flows", "wan"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
