"""Holding a document to the type that says its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from flows.fields import Written, hints


def faults(value: Any, hint: Any, at: str = "document") -> Iterator[str]:
    """Where a value is not of a type: keys that lack or are too many, values of another kind."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Annotated:
        written = next((each.kind for each in inner if isinstance(each, Written)), inner[0])
        yield from faults(value, written, at)
    elif is_dataclass(hint) and isinstance(hint, type):
        yield from _of_object(value, hints(hint), at)
    elif is_typeddict(hint):
        yield from _of_object(value, get_type_hints(hint, include_extras=True), at)
    elif kind in (Union, UnionType):
        if all(list(faults(value, each, at)) for each in inner):
            yield f"{at} is {value!r}"
    elif kind is Literal:
        if value not in inner:
            yield f"{at} is {value!r}"
    elif kind in (list, tuple) and isinstance(value, list):
        for number, each in enumerate(value):
            yield from faults(each, inner[0], f"{at}[{number}]")
    elif kind in (dict, Mapping) and isinstance(value, dict):
        for key, each in value.items():
            yield from faults(each, inner[1], f"{at}.{key}")
    elif kind is not None or not _is(value, hint):
        yield f"{at} is {value!r}"


def _of_object(value: Any, keys: dict[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is {value!r}"
        return
    if value.keys() != keys.keys():
        yield f"{at}: {sorted(value.keys() ^ keys.keys())} on one side alone"
    for name in value.keys() & keys.keys():
        yield from faults(value[name], keys[name], f"{at}.{name}")


def _is(value: Any, hint: type) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if hint is datetime else hint)
