"""Progress of a batch: its films, its clips, and the clips under way. Where the output is not a terminal, a line for
each film that has ended."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.plan import BatchPlan
from flows.cli.progress import Bars, Clock, clip_names
from flows.events import Failed, Finished, Log, Progress, Started
from flows.words import count, duration

MOST_BARS = 8
"""Clips under way that are shown."""


class BatchProgress:
    """Shows events of one batch."""

    def __init__(self, plan: BatchPlan, console: Console) -> None:
        self._console = console
        self._plan = plan
        self._names = _names(plan)
        self._clips = {clip.fingerprint for clip in plan.clips if clip.status == "new"}
        self._films = len(plan.films)
        self._ended: dict[str, str] = {}
        self._finished: set[str] = set()
        self._tasks: dict[str, TaskID] = {}
        self._bars = Bars(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[note]}"),
            Clock(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._of_films = self._bars.add_task("films", total=self._films, note="")
        self._of_clips = self._bars.add_task("clips", total=len(self._clips) or None, note="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def on_event(self, event: BatchEvent) -> None:
        """Take note of one event and show it."""
        match event:
            case FilmNews():
                self._film(event)
            case Started():
                self._start(event.fingerprint)
            case Progress(stage="denoise", fingerprint=name, step=step, steps=steps) if name in self._tasks:
                self._bars.update(self._tasks[name], completed=step, total=steps, note=f"step {step} of {steps}")
            case Finished() | Failed():
                self._end(event)
            case Log(fingerprint="", level=level, message=message) if level >= logging.WARNING:
                self.tell(f"warning: {message}")
            case _:
                pass

    def tell(self, text: str) -> None:
        """A line above the bars, which stays when they are gone."""
        self._console.print(text, markup=False, soft_wrap=not self._console.is_terminal)

    def _film(self, news: FilmNews) -> None:
        if news.state == "making":
            return
        self._ended[news.film] = news.state
        failed = sum(state == "failed" for state in self._ended.values())
        note = f"{len(self._ended):,} of {self._films:,}" + (f", {failed:,} failed" if failed else "")
        self._bars.update(self._of_films, completed=len(self._ended), note=note)
        if news.state == "failed":
            self.tell(f"{self._plan.named(news.row, news.film)} failed: {news.message}")
        elif not self._console.is_terminal:
            work = f", {duration(news.seconds)} of work" if news.seconds else ""
            name = self._plan.named(news.row, news.film)
            self.tell(f"{name}: {news.state} ({len(self._ended):,} of {self._films:,}){work}")

    def _start(self, name: str) -> None:
        self._drop(name)
        if len(self._tasks) < MOST_BARS:
            self._tasks[name] = self._bars.add_task(f"  {escape(self._names.get(name, name[:12]))}", total=1, note="")

    def _end(self, event: Finished | Failed) -> None:
        self._drop(event.fingerprint)
        if isinstance(event, Finished) or event.final:
            self._finished.add(event.fingerprint)
        done = len(self._finished & self._clips)
        self._bars.update(self._of_clips, completed=done, note=f"{done:,} of {count(len(self._clips), 'clip')}")

    def _drop(self, name: str) -> None:
        if (task := self._tasks.pop(name, None)) is not None:
            self._bars.remove_task(task)


def _names(plan: BatchPlan) -> dict[str, str]:
    """What each clip is called: the first film that has it, and its shot there."""
    names: dict[str, str] = {}
    for planned in plan.films:
        for fingerprint, name in clip_names(planned.plan).items():
            names.setdefault(fingerprint, f"{planned.name} {name}")
    return names
