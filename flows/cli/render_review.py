"""`wanflow render --review`: what is looked at is rendered, and people decide; then the film."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from flows.events import Event
    from flows.film.making import Making
    from flows.film.result import FilmResult
    from flows.planning.model import Plan
    from flows.project import Project
    from flows.review.make import Shown
    from flows.review.model import Entry, Kind, Sheet
    from flows.review.prepare import Reviewed
    from flows.store import Store

WAITS = 3
"""The exit code of a command that has rendered what people have to look at first."""
REJECTED = "nobody has decided in time, so {title} is rejected (review.on_timeout)\n    the same command asks again"


def approved_plan(
    storyboard: str,
    overrides: Sequence[str],
    only: Sequence[str],
    kind: Kind,
    said: Literal["words", "document", "events"],
    config_dir: Path | None,
) -> Plan:
    """The plan of the film, when every shot is decided. Until then it renders what is looked at, asks where a person
    sits at the terminal, and else ends the command with `WAITS`.

    Raises FlowsError when nobody has decided in time and the film is rejected; and as `load` and `render`.
    """
    from flows.api import plan
    from flows.cli.options import check_whole
    from flows.cli.planning import counting_prompts
    from flows.review.history import drop_sheet
    from flows.review.prepare import Wish, after_time_out, prepare

    check_whole(only)

    def load(decided: Sequence[str]) -> Project:
        from flows.api import load

        return load(storyboard, [*overrides, *decided], config_dir=config_dir)

    wish = Wish(kind=kind, name=storyboard)
    while True:
        with counting_prompts() as tell:
            reviewed = prepare(load, wish, datetime.now(UTC), tell)
            late = after_time_out(reviewed, datetime.now(UTC))
            if late is not None:
                take_late(late, reviewed.sheet, reviewed.store)
                continue
            if not reviewed.open:
                made = plan(reviewed.final, on_prompt=tell)
                drop_sheet(reviewed.store, reviewed.sheet)
                return made
        if not _decided_here(reviewed, _shown(reviewed, said), said, overrides):
            sys.exit(WAITS)


def take_late(late: Entry, sheet: Sheet, store: Store) -> None:
    """What the time-out has decided is asked no more. Raises FlowsError where it has rejected all of it."""
    from flows.errors import FlowsError
    from flows.review.history import drop_sheet

    drop_sheet(store, sheet)
    if late.rejected:
        raise FlowsError(REJECTED.format(title=sheet.title))


def _shown(reviewed: Reviewed, said: str) -> Shown:
    """Rendered, and said."""
    from flows.cli.document import print_document
    from flows.cli.render import document_of, shown_path, termination_as_interrupt
    from flows.cli.streams import stdout_alone
    from flows.review.make import event_of, show

    if said == "words":
        with termination_as_interrupt():
            shown = show(reviewed, with_progress)
        click.echo(f"\n{reviewed.sheet.title}: {'stills' if reviewed.sheet.kind == 'stills' else 'drafts'} to look at")
        click.echo(f"sheet     {shown_path(shown.page)}")
        return shown
    with termination_as_interrupt(), stdout_alone() as stdout:
        tell = _teller(reviewed.looks, said, stdout)
        shown = show(reviewed, _rendering(tell))
        tell(event_of(shown, reviewed, shown.result.run_url if shown.result else ""))
    if shown.result is not None and reviewed.looks is not None:
        document = document_of(reviewed.looks, shown.result, reviewed.open, WAITS)
        print_document(document, line=said == "events")
    return shown


def _decided_here(reviewed: Reviewed, shown: Shown, said: str, overrides: Sequence[str]) -> bool:
    """Whether a person at the terminal has decided something. Who has not is told what to do next."""
    if said != "words":
        return False
    sheet = shown.sheet
    if take_here(sheet, reviewed.entries, reviewed.store):
        return True
    film = shlex.join([sheet.name, *overrides])
    click.echo(f"to decide {', '.join(reviewed.open)}")
    if sheet.until:
        click.echo(f"until     {sheet.until:%Y-%m-%d %H:%M} UTC, then: {sheet.on_timeout}")
    click.echo(f"\nNext: wanflow review {film}    asks for each shot")
    click.echo(f"      wanflow render {film} --review {sheet.kind}    goes on from there")
    return False


def take_here(sheet: Sheet, entries: Sequence[Entry], store: Store) -> bool:
    """Ask the person at the terminal, if there is one, and keep what is decided; whether something was said."""
    from flows.cli.outcome import say
    from flows.cli.review_ask import ask
    from flows.cli.review_pictures import here
    from flows.errors import UserError
    from flows.person import SOMEBODY, person
    from flows.review.history import add_entry
    from flows.review.wanted import entry_of

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if here() is None:
        click.echo("          open it beside this terminal")
    answer = ask(sheet, entries, store, person() or SOMEBODY)
    if answer is None:
        return False
    try:
        add_entry(store, sheet.folder, entry_of(answer, sheet, entries, datetime.now(UTC)))
    except UserError as error:
        say(str(error))
    return True


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


def _teller(looks: Plan | None, said: str, stdout: object) -> Callable[[Event], None]:
    from typing import BinaryIO, cast

    from flows.cli.document import print_document
    from flows.cli.events import as_line, clip_places
    from flows.cli.render import warn

    if said != "events":
        return warn
    places = clip_places(looks) if looks else {}

    def show(event: Event) -> None:
        print_document(as_line(event, places), line=True, to=cast("BinaryIO", stdout))

    return show
