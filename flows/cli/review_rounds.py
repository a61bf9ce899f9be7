"""The rounds of a review, of a film or a batch: what is looked at is rendered and shown, people decide, and so on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from flows.review.prepare import Waits

if TYPE_CHECKING:
    from flows.cli.render import Said
    from flows.resolve import OnPrompt
    from flows.review.model import Entry, Sheet

Standing = TypeVar("Standing", bound=Waits)
Made = TypeVar("Made")
WAITS = 3
"""The exit code of a command that has rendered what people have to look at first."""
MOST_NAMED = 12
"""Shots that are named on the terminal; the sheet has them all."""
REJECTED = "nobody has decided in time, so {title} is rejected (review.on_timeout)\n    the same command asks again"


class Laid(Protocol):
    """A contact sheet: what it asks, and where its page is."""

    @property
    def sheet(self) -> Sheet: ...

    @property
    def page(self) -> Path: ...


def until_decided(
    prepared: Callable[[OnPrompt], Standing],
    made: Callable[[Standing, OnPrompt], Made],
    shown: Callable[[Standing], Laid],
    said: Said,
    again: str,
) -> Made:
    """What is `made` when nothing is open. Until then what `prepared` has is `shown`, and a person at the terminal is
    asked; else the command ends with `WAITS`. `again`: what goes on from there.

    Raises FlowsError when nobody has decided in time and all of it is rejected.
    """
    from flows.cli.planning import counting_prompts
    from flows.review.prepare import after_time_out

    while True:
        with counting_prompts() as tell:
            reviewed = prepared(tell)
            late = after_time_out(reviewed, datetime.now(UTC))
            if late is not None:
                _take_late(late, reviewed)
                continue
            if not reviewed.open:
                return made(reviewed, tell)
        laid = shown(reviewed)
        if said != "words":
            sys.exit(WAITS)
        if not _decided_here(laid, reviewed, again):
            sys.exit(WAITS)


def _take_late(late: Entry, reviewed: Waits) -> None:
    """What the time-out has decided is asked no more."""
    from flows.errors import FlowsError
    from flows.review.history import drop_sheet

    drop_sheet(reviewed.store, reviewed.sheet)
    if late.rejected:
        raise FlowsError(REJECTED.format(title=reviewed.sheet.title))


def _decided_here(laid: Laid, reviewed: Waits, again: str) -> bool:
    """Whether a person at the terminal has decided something. Who has not is told what to do next."""
    from flows.cli.render import shown_path

    sheet = laid.sheet
    click.echo(f"\n{sheet.title}: {sheet.looking} to look at")
    click.echo(f"sheet     {shown_path(laid.page)}")
    if _take_here(sheet, reviewed):
        return True
    for line in waiting_lines(sheet, reviewed.open, again):
        click.echo(line)
    return False


def waiting_lines(sheet: Sheet, waiting: Sequence[str], again: str) -> list[str]:
    """What waits, until when, and what to do next."""
    from flows.storyboard.problems import listed

    lines = [f"to decide {listed(waiting, MOST_NAMED)}"]
    shared = sum(len(question.films) > 1 for question in sheet.questions)
    if shared:
        lines.append(f"shared    {shared} of {len(sheet.questions)} looks, decided once for all films that have them")
    if sheet.until:
        lines.append(f"until     {sheet.until:%Y-%m-%d %H:%M} UTC, then: {sheet.on_timeout}")
    what = "look" if sheet.films else "shot"
    return [*lines, f"\nNext: {sheet.command}    asks for each {what}", f"      {again}    goes on from there"]


def _take_here(sheet: Sheet, reviewed: Waits) -> bool:
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
    entries, store = reviewed.entries, reviewed.store
    answer = ask(sheet, entries, store, person() or SOMEBODY)
    if answer is None:
        return False
    try:
        add_entry(store, sheet.folder, entry_of(answer, sheet, entries, datetime.now(UTC)))
    except UserError as error:
        say(str(error))
    return True
