"""The process of a film, or a batch, that people review: their answer is taken, and what is still open is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

from flows.batch.asked import Asked as AskedBatch
from flows.batch.make import BatchResult
from flows.batch.plan import BatchPlan
from flows.batch.reviewing import ReviewedBatch, films_to_make, prepare_batch
from flows.batch.showing import show_batch
from flows.errors import UserError
from flows.planning.model import Plan
from flows.project import plan
from flows.review.form import answer_in, schema
from flows.review.history import add_entry, drop_sheet, read_entries, sheet_of_run
from flows.review.make import show, waiting_words
from flows.review.model import TIME_OUT, Entry, Kind, Sheet
from flows.review.page import Looks, introduction
from flows.review.prepare import Load, Reviewed, Wish, prepare
from flows.review.rounds import when_time_is_up
from flows.review.wanted import entry_of, problems_in
from flows.runs.messages import Asked, Ended, Said
from flows.runs.order import Order
from flows.runs.outbox import Outbox
from flows.store import Store

Standing = TypeVar("Standing", Reviewed, ReviewedBatch)
NOT_WHOLE = "only and review exclude each other: a review is of the whole film"


def approved_plan(order: Order, load: Load, outbox: Outbox, render: Callable[..., object]) -> Plan | Ended:
    """The plan of the film, when every shot is decided; else how the run ends or goes on. Then what is looked at was
    rendered, and it has said what is asked. Raises as `prepare` and what renders."""
    if order.only:
        raise UserError(NOT_WHOLE)
    wish = _wish(order)
    reviewed = _decided(order, outbox, lambda: prepare(load, wish, datetime.now(UTC)))
    if isinstance(reviewed, Ended):
        return reviewed
    standing, problems = reviewed
    if not standing.open:
        drop_sheet(standing.store, standing.sheet)
        return plan(standing.final)
    shown = show(standing, render, problems)  # type: ignore[arg-type]
    return _asked(shown.sheet, standing, shown.looks, shown.picture, outbox, problems)


def approved_batch(order: Order, asked: AskedBatch, outbox: Outbox, render: Callable[..., object]) -> BatchPlan | Ended:
    """The same of a batch. Raises as `prepare_batch` and what renders."""
    wish = _wish(order)
    reviewed = _decided(order, outbox, lambda: prepare_batch(asked, wish, datetime.now(UTC)))
    if isinstance(reviewed, Ended):
        return reviewed
    standing, problems = reviewed
    if not standing.open:
        return films_to_make(standing, datetime.now(UTC))
    shown = show_batch(standing, render, problems)  # type: ignore[arg-type]
    if isinstance(shown, BatchResult):
        return Ended("", "failed", "not everything that is looked at could be rendered")
    return _asked(shown.sheet, standing, shown.looks, shown.picture, outbox, problems)


def _wish(order: Order) -> Wish:
    known = order.store is not None
    return Wish(kind=cast("Kind", order.review), name=order.run, in_store=known, run=order.run, url=order.url)


def _decided(order: Order, outbox: Outbox, prepared: Callable[[], Standing]) -> tuple[Standing, list[str]] | Ended:
    """How the review stands after the answer, and what was wrong with it; or the end of the run."""
    reviewed = prepared()
    if not order.answer:
        return reviewed, []
    try:
        entry = _taken(order, reviewed.store)
    except UserError as error:  # nothing of it counts; it is said, and asked again
        problems = list(problems_in(error))
        outbox.say(*(Said("", logging.WARNING, f"not taken: {problem}") for problem in problems))
        return reviewed, problems
    outbox.say(Said("", logging.INFO, f"{entry.signed} has {entry.words}"))
    if entry.rejected:
        drop_sheet(reviewed.store, reviewed.sheet)
        return Ended("", "rejected", f"rejected by {entry.signed}")
    return prepared(), []


def _taken(order: Order, store: Store) -> Entry:
    """The answer, kept: it is about what the run has asked."""
    sheet = sheet_of_run(store, order.run)
    if sheet is None:
        raise UserError("what this answers is not in the store any more; decide about what is asked now")
    answer = answer_in(json.loads(order.answer), sheet)
    entries, now = read_entries(store, sheet.folder), datetime.now(UTC)
    late = when_time_is_up(sheet, entries, now) if answer.how == TIME_OUT else None
    entry = late or entry_of(answer, sheet, entries, now)
    add_entry(store, sheet.folder, entry)
    return entry


def _asked(
    sheet: Sheet,
    reviewed: Reviewed | ReviewedBatch,
    looks: Looks,
    picture: bytes,
    outbox: Outbox,
    problems: list[str],
) -> Ended:
    outbox.say(
        Asked(
            schema(sheet, reviewed.entries, looks.pictures, problems),
            introduction(sheet, reviewed.entries, picture, problems),
            sheet.until.isoformat() if sheet.until else "",
            sheet.on_timeout,
        )
    )
    return Ended("", "waits", waiting_words(sheet, reviewed.open))
