"""Decisions in words, and as programs read of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flows.cli.document import envelope
from flows.fields import plain
from flows.review.file import template
from flows.review.rounds import open_of, stands
from flows.storyboard.problems import listed

if TYPE_CHECKING:
    from flows.cli.forms.review import ReviewDocument
    from flows.cli.review_find import Found
    from flows.review.model import Decision, Entry, Sheet


def decided_lines(found: Found, entry: Entry) -> Iterator[str]:
    """What was decided just now, and what comes next."""
    sheet = found.waiting
    if entry.rejected:
        yield f"{sheet.title} is rejected"
        return
    for decision in entry.decisions:
        yield decision_words(decision)
    yield f"\n{next_step(found)}"


def next_step(found: Found) -> str:
    """What comes when something was decided."""
    sheet = found.waiting
    left = open_of(sheet, found.entries)
    again = "the same wanflow batch" if sheet.films else _render(sheet)
    if found.rest is not None:
        return f"The run goes on: wanflow fetch {sheet.run}"
    if left:
        return f"Next: what is looked at again ({listed(left)}): {again}"
    return f"Next: the {sheet.whole}: {again}"


def lines_to_write(sheet: Sheet, entry: Entry) -> list[str]:
    """New prompts, for the storyboard."""
    where = "storyboard, or the table, for" if sheet.films else "storyboard at"
    return [
        f"    to keep it, write into the {where} {decision.shot}: prompt: {decision.prompt}"
        for decision in entry.decisions
        if decision.prompt
    ]


def standing_lines(sheet: Sheet, entries: Sequence[Entry]) -> Iterator[str]:
    """How the review stands, a line a shot."""
    for question, stand in zip(sheet.questions, stands(sheet.questions, entries).values(), strict=True):
        by = f" by {stand.entry.signed}" if stand.entry else ""
        yield f"{question.shot}  {stand.standing}{by}  seed {question.seed}  {question.shown}"


def history_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """Who has decided what, and when, in its order."""
    for entry in entries:
        how = f" ({entry.how})" if entry.how != entry.who else ""
        yield f"{entry.signed}{how}{': rejected it' if entry.rejected else ''}"
        for decision in entry.decisions:
            yield f"    {decision_words(decision)}"


def decision_words(decision: Decision) -> str:
    """`river.drift  take, seed 4  (closer)`."""
    extra = f": {decision.prompt}" if decision.prompt else f", seed {decision.seed}" if decision.seed else ""
    note = f"  ({decision.note})" if decision.note else ""
    return f"{decision.shot.rstrip(':')}  {decision.verdict}{extra}{note}"


def document_of(found: Found, entry: Entry | None, who: str) -> ReviewDocument:
    """What waits, and all that was decided."""
    history = [plain(each) for each in found.entries]
    taken = plain(entry) if entry else None
    sheet = found.sheet
    if sheet is None:
        return {
            **envelope("review"),
            "review": 1,
            "film": found.title,
            "number": found.entries[-1].number if found.entries else 0,
            "by": who,
            "reject": False,
            "shots": {},
            "kind": None,
            "page": "",
            "run": "",
            "run_url": "",
            "until": None,
            "open": [],
            "taken": taken,
            "history": history,
        }
    return {
        **envelope("review"),
        **template(sheet, found.entries, who),
        "kind": sheet.kind,
        "page": sheet.at,
        "run": sheet.run,
        "run_url": sheet.url,
        "until": sheet.until.isoformat() if sheet.until else None,
        "open": list(open_of(sheet, found.entries)),
        "taken": taken,
        "history": history,
    }


def _render(sheet: Sheet) -> str:
    return shlex.join(["wanflow", "render", sheet.name, *sheet.reach, "--review", sheet.kind])
