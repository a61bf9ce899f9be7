"""Dataclasses as plain values and back: every field, as its type says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest

from flows.fields import Seconds, bare, called, hints, plain, restored


@dataclass(frozen=True)
class Inner:
    weight: float
    side: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Outer:
    name: str
    count: Annotated[int, "how many"]
    when: datetime
    took: Annotated[Seconds, "as long"] = 0.0
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    deep: tuple[tuple[str, ...], ...] = ()
    each: Mapping[str, float] = field(default_factory=dict)
    sure: bool = field(default=False, metadata={"called": "certain"})


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FULL = Outer("a", 3, NOON, 1.23456, Inner(1), (Inner(2, "right"),), (("x", "y"), ()), {"k": 0.5}, sure=True)


def test_every_field_is_written_as_json_has_it() -> None:
    written = plain(FULL)
    assert list(written) == [one.name for one in fields(Outer)]
    assert json.loads(json.dumps(written)) == written
    assert written["when"] == "2026-01-01T12:00:00+00:00"
    assert written["many"] == [{"weight": 2.0, "side": "right"}]
    assert written["deep"] == [["x", "y"], []]


def test_fractions_are_fractions_and_seconds_are_short() -> None:
    written = plain(FULL)
    assert written["took"] == 1.235
    assert json.dumps(written["inner"]["weight"]) == "1.0"


def test_what_was_written_is_read_again() -> None:
    short = Outer("a", 3, NOON)
    for value in (short, FULL):
        again = restored(Outer, json.loads(json.dumps(plain(value))))
        assert again == Outer(**{**vars(value), "took": round(value.took, 3)})


def test_what_lacks_has_its_default_and_what_is_unknown_is_left_out() -> None:
    assert restored(Outer, {"name": "a", "count": 3, "when": NOON, "later": 1}) == Outer("a", 3, NOON)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"count": None}, "it has nothing in count"),
        ({"count": "three"}, "count holds 'three'"),
        ({"count": True}, "count holds True"),
        ({"took": "long"}, "took holds 'long'"),
        ({"inner": {"weight": 1.0, "side": "up"}}, "side holds 'up'"),
        ({"inner": {}}, "it has nothing in weight"),
        ({"inner": 3}, "3 is no Inner"),
        ({"many": {}}, "many holds"),
        ({"when": "soon"}, "soon"),
    ],
)
def test_what_is_something_else_is_named(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        restored(Outer, {**plain(FULL), **change})


def test_types_are_told_from_the_words_beside_them() -> None:
    found = hints(Outer)
    assert bare(found["count"]) == (int, False)
    assert bare(found["inner"]) == (Inner, True)
    assert [called(one) for one in fields(Outer)][-2:] == ["each", "certain"]
    with pytest.raises(TypeError, match="several types"):
        bare(int | str)
