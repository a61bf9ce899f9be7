"""Sums over the ledger: by film, batch, week, month, model, variant, person or GPU. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias, get_args

from flows.fields import Rounded
from flows.ledger.chosen import Columns
from flows.ledger.rows import film_named

By: TypeAlias = Literal["film", "batch", "week", "month", "model", "variant", "person", "gpu"]
BY: tuple[By, ...] = get_args(By)

SUMMED = (
    "when",
    "status",
    "film",
    "slug",
    "batch",
    "model",
    "spec.variant",
    "user",
    "gpu",
    "attempts",
    "used_seconds",
    "failed_seconds",
    "repeated_seconds",
    "cost",
    "currency",
)
"""The columns that are needed."""
COLUMN: Mapping[By, str] = MappingProxyType(
    {"batch": "batch", "model": "model", "variant": "spec.variant", "person": "user", "gpu": "gpu"}
)
WITHOUT: Mapping[By, str] = MappingProxyType({"batch": "(no batch)", "gpu": "(no GPU)"})
"""What is said for an empty value."""


@dataclass(slots=True)
class Sum:
    """Of the rows that have one thing in common. `cost` is by currency."""

    of: Annotated[str, "a title (of a batch `BATCH/FILM`), name, variant …; a week as `2026-W48`, a month as `2026-11`"]
    rendered: Annotated[int, "clips"] = 0
    cached: Annotated[int, "clips that were in the store"] = 0
    failed: Annotated[int, "clips that could not be rendered"] = 0
    attempts: int = 0
    used_seconds: Annotated[float, Rounded(3), "of GPUs (of workers, where there are none)"] = 0.0
    failed_seconds: Annotated[float, Rounded(3), "of these, of attempts that failed"] = 0.0
    repeated_seconds: Annotated[float, Rounded(3), "of these, of work that was done again"] = 0.0
    unpriced_seconds: Annotated[float, Rounded(3), "of these, when no price was set"] = 0.0
    cost: Annotated[Mapping[str, float], "by currency"] = field(default_factory=dict)

    @property
    def wasted_seconds(self) -> float:
        """Failed and repeated."""
        return self.failed_seconds + self.repeated_seconds

    def add(self, status: str, used: tuple[Any, ...]) -> None:
        """A row: `used` are its attempts, seconds, failed and repeated ones, cost and currency."""
        attempts, seconds, failed, repeated, cost, currency = used
        if status in ("rendered", "cached", "failed"):
            setattr(self, status, getattr(self, status) + 1)
        if not seconds:
            return
        self.attempts += attempts or 0
        self.used_seconds += seconds
        self.failed_seconds += failed or 0.0
        self.repeated_seconds += repeated or 0.0
        if cost is None:
            self.unpriced_seconds += seconds
        else:
            costs = dict(self.cost)
            costs[currency] = costs.get(currency, 0.0) + cost
            self.cost = costs


def sums(rows: Columns, by: By | None, zone: tzinfo | None = None) -> list[Sum]:
    """By one thing, the dearest first, or the weeks and months in their order; None: of all rows together. Weeks (of
    ISO, from Monday) and months are those of a zone (None: this machine's)."""
    keys = _keys(rows, by, zone)
    found: dict[str, Sum] = {}
    used = zip(
        *(
            rows[name]
            for name in ("attempts", "used_seconds", "failed_seconds", "repeated_seconds", "cost", "currency")
        ),
        strict=True,
    )
    for key, status, each in zip(keys, rows["status"], used, strict=True):
        if key not in found:
            found[key] = Sum(key)
        found[key].add(status, each)
    if by in ("week", "month"):
        return [found[key] for key in sorted(found)]
    return sorted(found.values(), key=lambda one: (-sum(one.cost.values()), -one.used_seconds, one.of))


def together(found: Iterable[Sum]) -> Sum:
    """The sum of sums."""
    whole = Sum("all")
    for one in found:
        for name in ("rendered", "cached", "failed", "attempts"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for name in ("used_seconds", "failed_seconds", "repeated_seconds", "unpriced_seconds"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.cost = {
            currency: whole.cost.get(currency, 0.0) + one.cost.get(currency, 0.0)
            for currency in {**whole.cost, **one.cost}
        }
    return whole


def _keys(rows: Columns, by: By | None, zone: tzinfo | None) -> list[str]:
    if by is None:
        return ["all"] * len(rows)
    if by in ("week", "month"):
        return times(rows, "%G-W%V" if by == "week" else "%Y-%m", zone)
    if by == "film":
        films = zip(rows["film"], rows["slug"], rows["batch"], strict=True)
        return [film_named(title or "", slug or "", batch or "") or "(unknown)" for title, slug, batch in films]
    without = WITHOUT.get(by, "(unknown)")
    return [value or without for value in rows[COLUMN[by]]]


def times(rows: Columns, form: str, zone: tzinfo | None) -> list[str]:
    """When each row was written, in a form of `strftime` that says no more than days. Zones change by quarters of an
    hour, so each of those is looked up once."""
    known: dict[int, str] = {}

    def said(when: float) -> str:
        quarter = int(when // 900)
        if quarter not in known:
            known[quarter] = datetime.fromtimestamp(quarter * 900, zone).strftime(form)
        return known[quarter]

    return [said(when) for when in rows["when"]]
