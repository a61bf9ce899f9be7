"""What a person sees while clips are rendered: one bar for the film with the time left, one for each clip at work.

Where stdout is not a terminal, a line for each finished clip.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from flows.events import MOTION, STARTS, Event, Failed, Finished, Log, Started, WaitsForReview
from flows.events import Progress as Step
from flows.planning.model import Clip, Plan
from flows.words import clock, count, duration

ECHO_WIDTH = 3
"""Columns of `^C`, and one that the cursor stays in."""
STARTING = {"ray": "Ray", "workers": "workers"}
STAGES = {
    MOTION: "reading the motion",
    "load": "loading the model",
    "encode": "reading the prompt",
    "decode": "decoding",
    "write": "writing",
}


class Clock(ProgressColumn):
    """The time left, or, as long as nobody can say, the time passed."""

    def render(self, task: Task) -> Text:
        """`0:07` passed, `0:42 left`."""
        left = task.time_remaining if task.completed else None
        if left is None:
            return Text(clock(task.elapsed or 0), style="progress.elapsed")
        return Text(f"{clock(left)} left", style="progress.remaining")


class Narrower:
    """What leaves room at the right: a terminal writes `^C` behind the last bar, and if that went into the next line,
    what is drawn over the bars would begin a line too low."""

    def __init__(self, shown: RenderableType) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._shown, options.update_width(max(1, options.max_width - ECHO_WIDTH)))


class Bars(Progress):
    """Bars that a Ctrl-C does not break."""

    def get_renderable(self) -> RenderableType:
        """All bars."""
        return Narrower(super().get_renderable())


class FilmProgress:
    """Shows events of `clips`. `on_event` may be called from any thread.

    A clip that was planned as cached and is started all the same (it was found damaged) counts from then on.
    """

    def __init__(self, plan: Plan, clips: Sequence[Clip], console: Console) -> None:
        self._console = console
        self._names = clip_names(plan)
        self._steps = {clip.fingerprint: _steps(clip) for clip in clips}
        self._work = {clip.fingerprint: _steps(clip) for clip in clips if clip.status == "new"}
        self._done: dict[str, int] = {}
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._finished: set[str] = set()
        self._editing: Step | None = None
        self._starting: dict[str, bool] = {}
        self._lock = threading.Lock()
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
        self._film = self._bars.add_task("film", total=sum(self._work.values()) or None, note="starting")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def on_event(self, event: Event) -> None:
        """Take note of one event and show it."""
        with self._lock:
            match event:
                case Started():
                    self._start(event.fingerprint)
                case Step(stage="edit"):
                    self._editing = event
                case Step(stage=stage) if stage in STARTS:
                    self._starting[stage] = event.step < event.steps
                case Step():
                    self._step(event)
                case Finished():
                    self._end(event.fingerprint, cached=event.cached)
                case Failed():
                    self._fail(event)
                case Log() if event.level >= logging.WARNING:
                    whose = self._name(event.fingerprint) if event.fingerprint else "warning"
                    self._say(f"[dim]{escape(whose)}:[/] {escape(event.message)}")
                case Log() | WaitsForReview():
                    pass
            self._show_film()

    def tell(self, text: str) -> None:
        """A line above the bars, which stays when they are gone. From any thread, but not from a signal's handler: it
        waits for who is drawing."""
        self._console.print(text, markup=False)

    def _start(self, fingerprint: str) -> None:
        self._began[fingerprint] = time.monotonic()
        self._drop(fingerprint)
        total = self._work.setdefault(fingerprint, self._steps.get(fingerprint, 1))
        name = escape(self._name(fingerprint))
        note = STAGES["load"] if not self._finished else "starting"
        self._tasks[fingerprint] = self._bars.add_task(f"  {name}", total=total, note=note)

    def _step(self, event: Step) -> None:
        note = STAGES.get(event.stage, "")
        if event.stage == "denoise":
            self._done[event.fingerprint] = min(event.step, self._work.get(event.fingerprint, event.step))
            note = f"step {event.step} of {event.steps}"
        if event.fingerprint in self._tasks:
            done = self._done.get(event.fingerprint, 0)
            self._bars.update(self._tasks[event.fingerprint], completed=done, note=note)

    def _end(self, fingerprint: str, *, cached: bool) -> None:
        self._finished.add(fingerprint)
        self._done[fingerprint] = self._work.get(fingerprint, 0)
        self._drop(fingerprint)
        if not self._console.is_terminal and fingerprint in self._began and not cached:
            took = duration(time.monotonic() - self._began[fingerprint])
            rendered = len(self._finished & self._work.keys())
            self._console.print(
                f"{self._name(fingerprint)}: rendered in {took} ({rendered} of {len(self._work)})",
                markup=False,
                soft_wrap=True,
            )

    def _fail(self, event: Failed) -> None:
        self._drop(event.fingerprint)
        if event.because_of is None:
            kind = "failed" if event.final else "failed, will be tried again"
            self._say(f"[red]{escape(self._name(event.fingerprint))} {kind}:[/] {escape(event.message)}")

    def _say(self, text: str) -> None:
        """A line, which only a terminal wraps."""
        self._console.print(text, soft_wrap=not self._console.is_terminal)

    def _show_film(self) -> None:
        if self._editing is not None:
            frames, of = self._editing.step, self._editing.steps
            self._bars.update(self._film, total=of, completed=frames, note=f"editing frame {frames} of {of}")
            return
        if not self._began and any(self._starting.values()):
            names = [STARTING[stage] for stage in STARTS if self._starting.get(stage)]
            self._bars.update(self._film, note=f"starting {' and '.join(names)}")
            return
        done = sum(steps for fingerprint, steps in self._done.items() if fingerprint in self._work)
        finished = len(self._finished & self._work.keys())
        left = len(self._work) - finished
        note = f"{finished} of {count(len(self._work), 'clip')}" if left else "editing"
        self._bars.update(self._film, total=sum(self._work.values()), completed=done, note=note)

    def _drop(self, fingerprint: str) -> None:
        if (task := self._tasks.pop(fingerprint, None)) is not None:
            self._bars.remove_task(task)

    def _name(self, fingerprint: str) -> str:
        return self._names.get(fingerprint, fingerprint[:12]) if fingerprint else "film"


def _steps(clip: Clip) -> int:
    """Steps of a clip, and one for everything else."""
    return clip.spec.sampling.num_inference_steps + 1


def clip_names(plan: Plan) -> dict[str, str]:
    """What each clip is called: its shot, with take and clip when there are several."""
    names: dict[str, str] = {}
    for shot in (*plan.stills_of(plan.shots), *plan.shots):
        for take in shot.takes:
            for place, clip in enumerate(take.clips, 1):
                of_takes = f" take {take.number}" if len(shot.all_takes) > 1 else ""
                of_clips = f" clip {place}" if len(take.clips) > 1 else ""
                names.setdefault(clip.fingerprint, f"{shot.id}{of_takes}{of_clips}")
    return names
