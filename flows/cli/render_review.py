"""`wanflow render --review`: what is looked at is rendered, and people decide; then the film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from flows.cli.forms.render import RenderDocument
    from flows.cli.render import Said
    from flows.events import Event
    from flows.film.making import Making
    from flows.film.result import FilmResult
    from flows.planning.model import Plan
    from flows.project import Project
    from flows.resolve import OnPrompt
    from flows.review.make import Shown
    from flows.review.model import Kind
    from flows.review.prepare import Reviewed


def approved_plan(
    storyboard: str,
    overrides: Sequence[str],
    only: Sequence[str],
    kind: Kind,
    said: Said,
    config_dir: Path | None,
) -> Plan:
    """The plan of the film, when every shot is decided. Raises as `until_decided`, `load` and `render`."""
    from flows.cli.options import check_whole
    from flows.cli.render import again
    from flows.cli.review_rounds import until_decided
    from flows.review.prepare import Wish, prepare

    check_whole(only)

    def load(decided: Sequence[str]) -> Project:
        from flows.api import load

        return load(storyboard, [*overrides, *decided], config_dir=config_dir)

    folder = ["--config-dir", str(config_dir)] if config_dir else []
    wish = Wish(kind=kind, name=storyboard, reach=(*overrides, *folder))
    return until_decided(
        lambda tell: prepare(load, wish, datetime.now(UTC), tell),
        _final,
        partial(_shown, said=said),
        said,
        again(storyboard, overrides, config_dir, kind),
    )


def _final(reviewed: Reviewed, tell: OnPrompt) -> Plan:
    from flows.api import plan
    from flows.review.history import drop_sheet

    made = plan(reviewed.final, on_prompt=tell)
    drop_sheet(reviewed.store, reviewed.sheet)
    return made


def _shown(reviewed: Reviewed, said: Said) -> Shown:
    """Rendered; for programs said, too."""
    from flows.cli.document import print_document
    from flows.cli.render import termination_as_interrupt
    from flows.cli.streams import stdout_alone
    from flows.review.make import event_of, show

    film = _film(reviewed)
    if said == "words":
        _say_costs(reviewed, film)
        with termination_as_interrupt():
            return show(reviewed, with_progress)
    with termination_as_interrupt(), stdout_alone() as stdout:
        tell = _teller(reviewed.looks, said, stdout)
        shown = show(reviewed, _rendering(tell))
        tell(event_of(shown, reviewed, shown.result.run_url if shown.result else ""))
    print_document(document_of(reviewed, shown), line=said == "events")
    return shown


def document_of(reviewed: Reviewed, shown: Shown) -> RenderDocument:
    """What waits, as programs read of it; also where every shot shows the picture that it is given."""
    from flows.cli import render
    from flows.cli.document import envelope
    from flows.cli.review_rounds import WAITS
    from flows.cost.spent import Spent
    from flows.fields import plain

    if shown.result is not None and reviewed.looks is not None:
        return render.document_of(reviewed.looks, shown.result, reviewed.open, WAITS)
    return {
        **envelope("render", WAITS),
        "title": shown.sheet.title,
        "film": None,
        "captions": None,
        "delivered": [],
        "clips": [],
        "report": str(shown.page),
        "waiting": list(reviewed.open),
        "keyframes": [],
        "plan": None,
        "spent": plain(Spent()),
        "seams": [],
        "rendered": 0,
        "cached": 0,
        "seconds": 0.0,
        "run_url": "",
        "warnings": [],
    }


def _film(reviewed: Reviewed) -> Plan:
    """The film as it is decided now. What keeps it from being rendered is found before anybody looks at anything."""
    from flows.api import plan
    from flows.cli.planning import counting_prompts

    with counting_prompts() as tell:
        return plan(reviewed.final, on_prompt=tell)


def _say_costs(reviewed: Reviewed, film: Plan) -> None:
    """Before anything is begun: what the looks may take, and then the film."""
    from rich.console import Console

    from flows.cli.cost_words import cost_lines
    from flows.cost import estimate_cost

    lines = cost_lines(estimate_cost(film), film.settings, label="Then the film")
    looks = reviewed.looks
    if looks is not None:
        lines = [*cost_lines(estimate_cost(looks), looks.settings, label="Looks"), *lines]
    console = Console(highlight=False)
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def with_progress(plan: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
    """Rendered by what reports films, with bars for a person."""
    from rich.console import Console

    from flows.cli.plan_table import warning_lines
    from flows.cli.progress import FilmProgress
    from flows.runs import run_film

    console = Console(highlight=False)
    for line in warning_lines(plan):
        console.print(line, soft_wrap=not console.is_terminal)
    with FilmProgress(plan, plan.clips, console) as progress:
        return run_film(plan, on_event=progress.on_event, instead=instead)


def _rendering(tell: Callable[[Event], None]) -> Callable[..., FilmResult]:
    def render(plan: Plan, *, instead: Callable[[Making], None]) -> FilmResult:
        from flows.runs import run_film

        return run_film(plan, on_event=tell, instead=instead)

    return render


def _teller(looks: Plan | None, said: Said, stdout: BinaryIO) -> Callable[[Event], None]:
    from flows.cli.document import print_document
    from flows.cli.events import as_line, clip_places
    from flows.cli.render import warn

    if said != "events":
        return warn
    places = clip_places(looks) if looks else {}

    def show(event: Event) -> None:
        print_document(as_line(event, places), line=True, to=stdout)

    return show
