"""The process of a film that people review: their answer is taken, and what is still to be decided is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from flows.errors import UserError
from flows.planning.model import Plan
from flows.project import plan
from flows.review.form import answer_in, schema
from flows.review.history import add_entry, drop_sheet, read_entries, sheet_of_run
from flows.review.make import message, show
from flows.review.model import Entry, Kind
from flows.review.page import introduction
from flows.review.prepare import Load, Reviewed, Wish, prepare
from flows.review.wanted import entry_of, problems_in
from flows.runs.messages import Asked, Ended, Said
from flows.runs.order import Order
from flows.runs.outbox import Outbox
from flows.store import Store

NOT_WHOLE = "only and review exclude each other: a review is of the whole film"


def approved_plan(order: Order, load: Load, outbox: Outbox, render: Callable[..., object]) -> Plan | Ended:
    """The plan of the film, when every shot is decided; else how the run ends or goes on. Then what is looked at was
    rendered, and it has said what is asked. Raises as `prepare` and what renders."""
    if order.only:
        raise UserError(NOT_WHOLE)
    wish = Wish(kind=cast("Kind", order.review), name=order.run, run=order.run, url=order.url)
    reviewed = prepare(load, wish, datetime.now(UTC))
    problems: list[str] = []
    if order.answer:
        try:
            entry = _taken(order, reviewed.store)
        except UserError as error:  # nothing of it counts; it is said, and asked again
            problems = list(problems_in(error))
            outbox.say(*(Said("", logging.WARNING, f"not taken: {problem}") for problem in problems))
        else:
            outbox.say(Said("", logging.INFO, f"{entry.signed} has {entry.words}"))
            if entry.rejected:
                drop_sheet(reviewed.store, reviewed.sheet)
                return Ended("", "rejected", f"rejected by {entry.signed}")
            reviewed = prepare(load, wish, datetime.now(UTC))
    if not reviewed.open:
        drop_sheet(reviewed.store, reviewed.sheet)
        return plan(reviewed.final)
    return _asked(reviewed, outbox, render, problems)


def _taken(order: Order, store: Store) -> Entry:
    """The answer, kept: it is about what the run has asked."""
    sheet = sheet_of_run(store, order.run)
    if sheet is None:
        raise UserError("what this answers is not in the store any more; decide about what is asked now")
    answer = answer_in(json.loads(order.answer), sheet)
    entry = entry_of(answer, sheet, read_entries(store, sheet.folder), datetime.now(UTC))
    add_entry(store, sheet.folder, entry)
    return entry


def _asked(reviewed: Reviewed, outbox: Outbox, render: Callable[..., object], problems: list[str]) -> Ended:
    shown = show(reviewed, render, problems)  # type: ignore[arg-type]
    sheet = shown.sheet
    outbox.say(
        Asked(
            schema(sheet, reviewed.entries, shown.looks.pictures, problems),
            introduction(sheet, reviewed.entries, shown.picture, problems),
            sheet.until.isoformat() if sheet.until else "",
            sheet.on_timeout,
        )
    )
    return Ended("", "waits", message(sheet, reviewed))
