"""What is shown while a model is fetched: a bar for people, lines of JSON for programs, few lines for a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from flows.cli.document import print_event
from flows.words import size_of
from wan.hub.pull import Watcher
from wan.variants.published import Model

_SECONDS_BETWEEN_LINES = 1.0


class Shown(Watcher, Protocol):
    """A watcher that is also told of the end."""

    def done(self, folder: Path, fetched: int) -> None:
        """The model is in `folder`; `fetched` bytes of it were fetched now."""


@contextmanager
def show(name: str, how: Literal["bars", "events", "nothing"]) -> Iterator[Shown]:
    """The watcher that suits whoever looks on."""
    if how == "events":
        yield JsonLines(name)
        return
    console = Console(stderr=True, highlight=False, quiet=how == "nothing")
    bars = progress_bars(console)
    with bars:
        yield Bar(name, bars)


def progress_bars(console: Console) -> Progress:
    """Bytes, speed, time left; nothing but notes where nobody looks on."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


class Bar:
    """One bar for the whole model."""

    def __init__(self, name: str, bars: Progress) -> None:
        self._name = name
        self._bars = bars
        self._task = bars.add_task(name, total=None)

    def begin(self, model: Model, total: int, here: int) -> None:
        self._bars.reset(self._task, total=total, completed=here)  # not `update`: what was here has no speed
        before = f", of which {size_of(here)} are here from before" if here else ""
        self._bars.console.print(f"{self._name}: {size_of(total)}{before}", markup=False)

    def arrived(self, count: int) -> None:
        self._bars.update(self._task, advance=count)

    def file_done(self, path: str) -> None:
        if not self._bars.console.is_terminal:
            self._bars.console.print(f"{self._name}: {path}", markup=False)

    def note(self, text: str) -> None:
        self._bars.console.print(f"{self._name}: {text}", markup=False)

    def done(self, folder: Path, fetched: int) -> None:
        self._bars.remove_task(self._task)


class JsonLines:
    """`{"event": "begin" | "progress" | "file" | "note" | "done", "model": …}`, progress once a second."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._began = self._said = time.monotonic()
        self._total = self._here = self._count = 0

    def begin(self, model: Model, total: int, here: int) -> None:
        self._began = self._said = time.monotonic()
        self._total, self._here = total, here
        self._say("begin", bytes=total, here=here, licence=model.licence)

    def arrived(self, count: int) -> None:
        with self._lock:
            self._count += count
            now = time.monotonic()
            if now - self._said < _SECONDS_BETWEEN_LINES:
                return
            self._said = now
        speed = self._count / max(now - self._began, 1e-3)
        left = self._total - self._here - self._count
        self._say(
            "progress",
            done=self._here + self._count,
            bytes=self._total,
            bytes_per_second=round(speed),
            seconds_left=round(left / speed) if speed > 0 else None,
        )

    def file_done(self, path: str) -> None:
        self._say("file", path=path)

    def note(self, text: str) -> None:
        self._say("note", text=text)

    def done(self, folder: Path, fetched: int) -> None:
        self._say("done", folder=str(folder), fetched=fetched)

    def _say(self, event: str, **what: object) -> None:
        with self._lock:
            print_event(event, model=self._name, **what)
