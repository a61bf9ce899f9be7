"""The fields of a spec as people know them: for what has changed, and for how a clip was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias

from flows.clips.spec import ClipSpec
from flows.fields import bare, called, hints

Spec: TypeAlias = Mapping[str, Any]
"""A `ClipSpec` as plain values."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of `ClipSpec`, or of one of its parts: where it stands, its name for people, the field
    whose change explains that this one changed, and what a spec of before it had."""

    path: tuple[str, ...]
    called: str
    follows: str
    default: object = field(compare=False)

    def of(self, spec: Spec) -> object:
        """Its value in a spec, which may be one of an older version."""
        value: Any = spec
        for name in self.path:
            if not isinstance(value, Mapping) or name not in value:
                return self.default
            value = value[name]
        return value


@cache
def facts(kind: type = ClipSpec) -> tuple[Fact, ...]:
    """Every field of a spec. Parts that have no name of their own for people are told by their fields."""
    return tuple(_facts(kind, (), ""))


def _facts(kind: type, path: tuple[str, ...], follows: str) -> list[Fact]:
    facts: list[Fact] = []
    known = hints(kind)
    for one in fields(kind):
        inner, _ = bare(known[one.name])
        here, cause = (*path, one.name), one.metadata.get("follows", follows)
        if is_dataclass(inner) and isinstance(inner, type) and "called" not in one.metadata:
            facts += _facts(inner, here, cause)
        else:
            facts.append(Fact(here, called(one), cause, _default(one)))
    return facts


def _default(one: Field[Any]) -> object:
    """As JSON has it."""
    if one.default is MISSING:
        return None
    return list(one.default) if isinstance(one.default, tuple) else one.default
