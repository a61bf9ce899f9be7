"""`wanflow render`: make the film."""

from __future__ import annotations

import _thread
import logging
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from flows.cli.options import (
    config_dir_option,
    deadline_option,
    draft_option,
    events_option,
    json_option,
    overrides_argument,
    priority_option,
    review_option,
    storyboard_argument,
    with_draft,
    with_order,
    without_draft,
)
from flows.cli.outcome import ENDINGS, say
from flows.cli.problems import STOPPED
from flows.words import count, duration, size_of

if TYPE_CHECKING:
    from flows.cli.forms.render import KeyframeForm, RenderDocument, SeamForm
    from flows.events import Event
    from flows.film import FilmResult
    from flows.film.result import Delivered
    from flows.planning.model import Plan
    from flows.review.model import Kind
    from flows.seams import Continuity, Seam

Said: TypeAlias = Literal["words", "document", "events"]
STOPPING = "stopping; what is finished is kept, and this may take some seconds"
GIVE_UP_SECONDS = 30.0
"""After which a second Ctrl-C ends what could not end by itself."""


@click.command("render", short_help="Render a storyboard into a film.")
@storyboard_argument
@overrides_argument
@click.option("--only", multiple=True, metavar="SHOT", help="Only this shot and what it needs; may be repeated.")
@draft_option
@review_option
@click.option(
    "--keyframes", is_flag=True, help="Only the pictures that shots joined by keyframes begin with and end on."
)
@priority_option
@deadline_option
@json_option
@events_option
@config_dir_option
def command(
    storyboard: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    draft: bool,
    review: Kind | None,
    keyframes: bool,
    priority: int | None,
    deadline: str | None,
    as_json: bool,
    as_events: bool,
    config_dir: Path | None,
) -> None:
    """Render STORYBOARD (a name or a path) into outputs/TITLE/film.mp4.

    What is in the store already is not rendered again. OVERRIDEs choose groups (render=draft, model=wan22,
    cluster=ray) and set values (cluster.max_workers=2, storyboard.seed=3).

    \b
    Examples:
      wanflow render paper_boat
      wanflow render storyboards/my_film.yaml --only river.drift --draft
      wanflow render storyboards/my_film.yaml --review draft
      wanflow render storyboards/my_film.yaml --keyframes
      wanflow render storyboards/my_film.yaml model=wan22 model.root=/weights cluster=ray
    """
    said: Said = "events" if as_events else "document" if as_json else "words"
    asked = with_draft(with_order(overrides, priority, deadline), draft)
    if keyframes:
        _render_keyframes(storyboard, asked, only, said, config_dir, review)
    else:
        render_film(storyboard, asked, only=only, said=said, config_dir=config_dir, review=review)


def _render_keyframes(
    storyboard: str,
    asked: Sequence[str],
    only: Sequence[str],
    said: Said,
    config_dir: Path | None,
    review: Kind | None,
) -> None:
    from flows.api import load
    from flows.cli.planning import plan_with_progress
    from flows.cli.render_keyframes import render_keyframes
    from flows.errors import UserError
    from flows.extras import check_can_render

    if review is not None:
        fix = "--review stills shows them too, and asks about them"
        raise UserError(f"--keyframes and --review exclude each other\n    {fix}")
    check_can_render()
    made = plan_with_progress(load(storyboard, asked, config_dir=config_dir))
    render_keyframes(made, again(storyboard, asked, config_dir), only, said)


def render_film(
    storyboard: str,
    overrides: Sequence[str],
    *,
    only: Sequence[str] = (),
    said: Said = "words",
    config_dir: Path | None = None,
    review: Kind | None = None,
) -> None:
    """Load, plan, render, and say how it went: in words, as a document, or as events and a document. With `review`
    people decide first (`flows.cli.render_review`)."""
    from flows.api import load
    from flows.cli.planning import plan_with_progress
    from flows.extras import check_can_render

    check_can_render()  # before a model is paid for prompts
    if review is None:
        made = plan_with_progress(load(storyboard, overrides, config_dir=config_dir))
    else:
        from flows.cli.render_review import approved_plan

        made = approved_plan(storyboard, overrides, only, review, said, config_dir)
    with termination_as_interrupt() as answer:
        if said == "words":
            command = again(storyboard, overrides, config_dir, review)
            _with_progress(command, made, only, answer)
        else:
            _for_programs(made, only, events=said == "events")


def _for_programs(plan: Plan, only: Sequence[str], *, events: bool) -> None:
    from flows.api import render
    from flows.cli.document import print_document
    from flows.cli.events import printer
    from flows.cli.streams import stdout_alone

    with stdout_alone() as stdout:
        result = render(plan, on_event=printer(plan, stdout) if events else warn, only=only)
    print_document(document_of(plan, result), line=events)


def warn(event: Event) -> None:
    """What concerns the whole film (it waits for room, a worker is out of use) is said on stderr."""
    from flows.events import Log

    if isinstance(event, Log) and not event.fingerprint and event.level >= logging.WARNING:
        say(event.message)


def again(storyboard: str, overrides: Sequence[str], config_dir: Path | None = None, review: Kind | None = None) -> str:
    """The command that renders this film once more, as a person would type it."""
    own = without_draft(overrides)
    folder = ["--config-dir", str(config_dir)] if config_dir else []
    looking = ["--review", review] if review else []
    return shlex.join(["wanflow", "render", storyboard, *own, *folder, *looking])


def _with_progress(command: str, plan: Plan, only: Sequence[str], answer: Answer) -> None:
    from rich.console import Console

    from flows.api import render
    from flows.cli.cost_words import cost_lines
    from flows.cli.plan_table import partial_sums, sums, warning_lines
    from flows.cli.progress import FilmProgress
    from flows.cost import estimate_cost
    from flows.film.survey import chosen_shots, clips_of, with_needed

    console = Console(highlight=False)
    lines = not console.is_terminal  # whole ones, for whoever reads them from a pipe
    shots = with_needed(plan, chosen_shots(plan, only)) if only else plan.shots
    clips = clips_of(plan, shots)
    cost = cost_lines(estimate_cost(plan, clips), plan.settings)
    for line in [*warning_lines(plan), partial_sums(plan, clips) if only else sums(plan), *cost]:
        console.print(line, soft_wrap=lines)
    with FilmProgress(plan, clips, console) as progress:
        if console.is_terminal:  # what is written past the bars would be drawn over, and they would be left behind
            answer.tell = progress.tell
        result = render(plan, on_event=progress.on_event, only=only)
    for line in closing_lines(command, plan, result, only):
        console.print(line, soft_wrap=True, markup=False)


def closing_lines(command: str, plan: Plan, result: FilmResult, only: Sequence[str]) -> list[str]:
    """Where the film is, how long it took, and what to try next; `command` renders the whole film once more."""
    from flows.cli.cost_words import spent_lines

    took = f"{count(result.rendered, 'take')} rendered, {result.cached:,} from the store, in {duration(result.seconds)}"
    where = [f"film      {shown_path(result.path)}"] if result.path else []
    where += [f"captions  {shown_path(result.captions)}"] if result.captions else []
    where += [f"also      {shown_path(made.path)}  {_size_and_length(made)}" for made in result.delivered]
    where += [f"clips     {shown_path(clip)}" for clip in result.clips]
    where += [f"report    {shown_path(result.report)}"] if result.report else []
    where += seam_lines(result.continuity) if plan.storyboard.continuity.warns else []
    return ["", *where, took, *spent_lines(result.spent), "", *next_steps(command, plan, only)]


def seam_lines(found: Continuity) -> list[str]:
    """How its joins and shots stand against their budgets, and which is the worst."""
    judged = found.worst_first
    over = sum(bool(seam.over) for seam in judged)
    if not over:
        return []
    return [f"seams     {over} of {len(judged)} over budget, the worst {judged[0].name}: {judged[0].said[0]}"]


def seam_form(seam: Seam) -> SeamForm:
    """A join or a shot as programs read of it."""
    return {
        "kind": seam.kind,
        "shot": seam.shot,
        "clip": seam.clip,
        "before": seam.before,
        "at": round(seam.at, 3),
        "transition": seam.transition,
        "judged": seam.judged,
        "measures": dict(seam.values),
        "over": list(seam.over),
    }


def next_steps(command: str, plan: Plan, only: Sequence[str]) -> list[str]:
    """Two or three things a person may want to do now."""
    first = plan.shots[0].id
    if only:
        return [f"Next: the whole film: {command}"]
    if any(shot.approved for shot in plan.shots):  # rendered without a review it would be of the storyboard alone
        return [f"Next: edit the storyboard, and look again at what has changed: {command}"]
    steps = [
        "Next: change a prompt and render again: only that shot and those it leads into are rendered",
        f"      {command} --only {first} storyboard.shots.{first}.seed=12",
        "      wanflow history                    every take so far",
    ]
    in_project = Path("storyboards").is_dir()
    return steps if in_project else [*steps, "      wanflow init my-films              a project of your own"]


def _size_and_length(made: Delivered) -> str:
    room = f", {size_of(made.path.stat().st_size)}" if made.path.exists() else ""
    return f"{made.width}x{made.height}, {duration(made.seconds)}{room}"


def shown_path(path: Path) -> str:
    """Relative to where the person stands, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def document_of(
    plan: Plan,
    result: FilmResult,
    waiting: Sequence[str] = (),
    code: int = 0,
    keyframes: Sequence[KeyframeForm] = (),
) -> RenderDocument:
    """The film as programs read of it; `waiting` are shots that people have to decide about, `keyframes` what was
    rendered in the film's place."""
    from flows.cli.document import envelope, warnings
    from flows.fields import plain

    all_warnings = [*plan.warnings, *result.warnings]
    return {
        **envelope("render", code, problems=warnings(all_warnings)),
        "title": plan.title,
        "film": str(result.path) if result.path else None,
        "captions": str(result.captions) if result.captions else None,
        "delivered": [
            {"path": str(made.path), "width": made.width, "height": made.height, "seconds": round(made.seconds, 3)}
            for made in result.delivered
        ],
        "clips": [str(clip) for clip in result.clips],
        "report": str(result.report) if result.report else None,
        "waiting": list(waiting),
        "keyframes": list(keyframes),
        "plan": str(result.plan_path),
        "spent": plain(result.spent),
        "seams": [seam_form(seam) for seam in result.continuity.seams],
        "rendered": result.rendered,
        "cached": result.cached,
        "seconds": round(result.seconds, 3),
        "run_url": result.run_url,
        "warnings": all_warnings,
    }


@dataclass
class Answer:
    """How it is said that the end was asked for."""

    tell: Callable[[str], None] = say


@contextmanager
def termination_as_interrupt() -> Iterator[Answer]:
    """SIGTERM and the end of a session (SIGHUP) end the render as Ctrl-C does: workers are told, finished takes are
    kept. The first of them is answered at once, since ending may take seconds; what follows is not heard, or it would
    tear the ending apart, until `GIVE_UP_SECONDS` are over. What is ignored (`nohup`, a shell's background) stays so.
    """
    began: float | None = None
    said = threading.Event()
    answer = Answer()

    def tell() -> None:
        with suppress(OSError):  # the terminal may be gone
            answer.tell(STOPPING)
        said.set()

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal began
        if began is not None:
            if time.monotonic() - began > GIVE_UP_SECONDS:
                os._exit(STOPPED)
            return
        began = time.monotonic()
        # in a thread: what is interrupted here may hold the locks that printing takes, or starting a `Thread`
        _thread.start_new_thread(tell, ())
        raise KeyboardInterrupt

    ours = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in ours}
    try:
        yield answer
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if began is not None:
            said.wait(timeout=1)
        with suppress(OSError):
            sys.stdout.flush()
