"""Batches whose looks, and films, are in the store as if a machine had rendered them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.batch.asked import Asked
from flows.batch.make import BatchResult, make_batch
from flows.batch.plan import BatchPlan
from flows.batch.reviewing import ReviewedBatch, prepare_batch
from flows.batch.showing import ShownBatch, show_batch
from flows.review.history import add_entry
from flows.review.model import Entry
from flows.review.prepare import Wish
from flows.review.wanted import Answer, Wanted, entry_of, texts
from tests.flows.batch.batches import asked, table
from tests.flows.review.reviews import rendered

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
STORYBOARD = """storyboard: 1
title: "{{ product }}"
seed: 3
variables:
  product: {example: boat}
shot_defaults: {duration: 0.5s}
scenes:
  - id: all
    shots:
      - {id: opening, prompt: a yellow star moves up}
      - {id: own, prompt: "{{ product }}"}
      - {id: end, prompt: it turns, continuity: {from: previous}}
"""


def batch(folder: Path, *products: str, storyboard: str = STORYBOARD, **values: Any) -> Asked:
    """One film for each of these products."""
    return asked(folder, table(["product"], *([product] for product in products)), storyboard, **values)


def prepared(asked: Asked, kind: Any = "draft", now: datetime = NOW) -> ReviewedBatch:
    return prepare_batch(asked, Wish(kind=kind, name=""), now)


def in_store(plan: BatchPlan | None) -> None:
    """All its clips, without a worker."""
    for planned in plan.films if plan else ():
        rendered(planned.plan)


def shown(reviewed: ReviewedBatch, now: datetime = NOW, problems: Sequence[str] = ()) -> ShownBatch:
    in_store(reviewed.looks)
    found = show_batch(reviewed, make_batch, problems, clock=lambda: now)
    assert not isinstance(found, BatchResult), found
    return found


def answer(*said: str, who: str = "maria") -> Answer:
    """`approve boat:own`, `prompt boat:own=a red boat`."""
    wanted = []
    for each in said:
        verdict, _, rest = each.partition(" ")
        shot, _, prompt = rest.partition("=")
        node = texts("prompt", prompt)[1] if prompt else None
        wanted.append(Wanted(texts("shot", shot)[1], texts("verdict", verdict)[1], node))
    return Answer(who=who, how="a test", wanted=tuple(wanted))


def decide(reviewed: ReviewedBatch, *said: str, who: str = "maria") -> Entry:
    entry = entry_of(answer(*said, who=who), reviewed.sheet, reviewed.entries, NOW)
    add_entry(reviewed.store, reviewed.sheet.folder, entry)
    return entry
