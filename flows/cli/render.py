"""`wanflow render`: make the film."""

from __future__ import annotations

import _thread
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from flows.cli.options import (
    config_dir_option,
    draft_option,
    json_option,
    overrides_argument,
    print_json,
    storyboard_argument,
    with_draft,
)
from flows.cli.outcome import say
from flows.cli.words import count, duration, size_of

if TYPE_CHECKING:
    from flows.film import FilmResult
    from flows.film.result import Delivered
    from flows.plan.model import Plan


STOPPING = "stopping; what is finished is kept, and this may take some seconds"


@click.command("render", short_help="Render a storyboard into a film.")
@storyboard_argument
@overrides_argument
@click.option("--only", multiple=True, metavar="SHOT", help="Only this shot and what it needs; may be repeated.")
@draft_option
@json_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    draft: bool,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Render STORYBOARD (a name or a path) into outputs/TITLE/film.mp4.

    What is in the store already is not rendered again. OVERRIDEs choose groups (render=draft, model=wan22,
    cluster=ray) and set values (cluster.workers=2, storyboard.seed=3).

    \b
    Examples:
      wanflow render paper_boat
      wanflow render storyboards/my_film.yaml --only river.drift --draft
      wanflow render storyboards/my_film.yaml model=wan22 model.root=/weights cluster=ray
    """
    render_film(storyboard, with_draft(overrides, draft), only=only, as_json=as_json, config_dir=config_dir)


def render_film(
    storyboard: str,
    overrides: Sequence[str],
    *,
    only: Sequence[str] = (),
    as_json: bool = False,
    config_dir: Path | None = None,
) -> None:
    """Load, plan, render, and say how it went."""
    from flows.api import load
    from flows.cli.planning import plan_with_progress

    made = plan_with_progress(load(storyboard, overrides, config_dir=config_dir))
    with termination_as_interrupt():
        if as_json:
            print_json(_as_json(made, _quietly(made, only)))
        else:
            _with_progress(again(storyboard, overrides, config_dir), made, only)


def _quietly(plan: Plan, only: Sequence[str]) -> FilmResult:
    from flows.api import render

    return render(plan, only=only)


def again(storyboard: str, overrides: Sequence[str], config_dir: Path | None = None) -> str:
    """The command that renders this film once more, as a person would type it."""
    own = ["--draft" if text == "render=draft" else text for text in overrides]
    folder = ["--config-dir", str(config_dir)] if config_dir else []
    return shlex.join(["wanflow", "render", storyboard, *own, *folder])


def _with_progress(command: str, plan: Plan, only: Sequence[str]) -> None:
    from rich.console import Console

    from flows.api import render
    from flows.cli.plan_table import partial_sums, sums, warning_lines
    from flows.cli.progress import FilmProgress
    from flows.film.survey import chosen_shots, clips_of, with_needed

    console = Console(highlight=False)
    lines = not console.is_terminal  # whole ones, for whoever reads them from a pipe
    shots = with_needed(plan, chosen_shots(plan, only)) if only else plan.shots
    clips = clips_of(plan, shots)
    for line in [*warning_lines(plan), partial_sums(plan, clips) if only else sums(plan)]:
        console.print(line, soft_wrap=lines)
    with FilmProgress(plan, clips, console) as progress:
        result = render(plan, on_event=progress.on_event, only=only)
    for line in closing_lines(command, plan, result, only):
        console.print(line, soft_wrap=True, markup=False)


def closing_lines(command: str, plan: Plan, result: FilmResult, only: Sequence[str]) -> list[str]:
    """Where the film is, how long it took, and what to try next; `command` renders the whole film once more."""
    took = f"{count(result.rendered, 'take')} rendered, {result.cached:,} from the store, in {duration(result.seconds)}"
    where = [f"film    {shown_path(result.path)}"] if result.path else []
    where += [f"also    {shown_path(made.path)}  {_told(made)}" for made in result.delivered]
    where += [f"clips   {shown_path(clip)}" for clip in result.clips]
    where += [f"report  {shown_path(result.report)}"] if result.report else []
    return ["", *where, took, "", *next_steps(command, plan, only)]


def next_steps(command: str, plan: Plan, only: Sequence[str]) -> list[str]:
    """Two or three things a person may want to do now."""
    first = plan.shots[0].id
    if only:
        return [f"Next: the whole film: {command}"]
    steps = [
        "Next: change a prompt and render again: only that shot and those it leads into are rendered",
        f"      {command} --only {first} storyboard.shots.{first}.seed=12",
        "      wanflow history                    every take so far",
    ]
    in_project = Path("storyboards").is_dir()
    return steps if in_project else [*steps, "      wanflow init my-films              a project of your own"]


def _told(made: Delivered) -> str:
    room = f", {size_of(made.path.stat().st_size)}" if made.path.exists() else ""
    return f"{made.width}x{made.height}, {duration(made.seconds)}{room}"


def shown_path(path: Path) -> str:
    """Relative to where the person stands, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _as_json(plan: Plan, result: FilmResult) -> dict[str, object]:
    return {
        "title": plan.title,
        "film": str(result.path) if result.path else None,
        "delivered": [str(made.path) for made in result.delivered],
        "clips": [str(clip) for clip in result.clips],
        "report": str(result.report) if result.report else None,
        "plan": str(result.plan_path) if result.plan_path else None,
        "rendered": result.rendered,
        "cached": result.cached,
        "seconds": round(result.seconds, 3),
        "warnings": list(plan.warnings),
    }


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """A SIGTERM ends the render as Ctrl-C does: workers are told, finished takes are kept. The first of either is
    answered at once, since ending may take seconds. A Ctrl-C that is ignored (`nohup`) stays so."""
    interrupted, said = False, threading.Event()

    def answer() -> None:
        say(STOPPING)
        said.set()

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            # in a thread: what is interrupted here may hold the locks that printing takes, or starting a `Thread`
            _thread.start_new_thread(answer, ())
        raise KeyboardInterrupt

    ours = [number for number in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if interrupted:
            said.wait(timeout=1)
        sys.stdout.flush()
