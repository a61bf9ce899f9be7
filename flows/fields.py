"""Dataclasses as plain values, as JSON has them, and back, field by field: a new field is nowhere forgotten.

What people need to know of a field stands beside it. `Annotated[str, "what it is"]` is for the tables of the docs,
`field(metadata={"called": "…"})` is its name in sentences (else its own, with spaces).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Made = TypeVar("Made")
Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Rounded:
    """Beside a fraction: how many digits after the point are written."""

    digits: int


@dataclass(frozen=True, slots=True)
class Written:
    """Beside an object of JSON: the dataclass that it is written from."""

    kind: type


Seconds: TypeAlias = Annotated[float, Rounded(3)]


def hints(kind: type) -> dict[str, Any]:
    """The fields of a dataclass in their order, each with its type and the words beside it."""
    types = get_type_hints(kind, include_extras=True)
    return {one.name: types[one.name] for one in _fields(kind)}


def bare(hint: Any) -> tuple[Any, bool]:
    """A type without the words beside it and without None, and whether None is allowed."""
    if get_origin(hint) is Annotated:
        return bare(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        kinds = [each for each in get_args(hint) if each is not NoneType]
        if len(kinds) != 1:
            raise TypeError(f"{hint} is several types")
        return bare(kinds[0])[0], True
    return hint, False


def called(one: Field[Any]) -> str:
    """What people call a field."""
    return str(one.metadata.get("called", one.name.replace("_", " ")))


def plain(value: object) -> dict[str, Any]:
    """A dataclass as JSON has it. Numbers that a type says are fractions are: 4 is written as 4.0."""
    kind: Any = type(value)
    return cast("dict[str, Any]", _writer(kind)(value))


def restored(kind: type[Made], values: Mapping[str, Any]) -> Made:
    """What `plain` was made of. Keys of later versions are left out; what lacks has its default.

    Raises ValueError that names the field that lacks or holds something else.
    """
    read: Any = _reader(cast("Any", kind))
    return cast("Made", read(values))


@cache
def _writer(kind: type) -> Convert:
    """The fields of one dataclass with what writes each, looked up once."""
    types = hints(kind)
    names, values_of = tuple(types), attrgetter(*types)
    converted = [(name, convert) for name, hint in types.items() if (convert := _written(hint)) is not None]
    one = len(names) == 1  # of one attribute, attrgetter gives the value itself

    def write(value: Any) -> dict[str, Any]:
        values = dict(zip(names, (values_of(value),) if one else values_of(value), strict=True))
        for name, convert in converted:
            values[name] = convert(values[name])
        return values

    return write


def _written(hint: Any) -> Convert | None:
    """What makes a plain value of one of this type; None where it is one."""
    kind, optional = bare(hint)
    digits = next((each.digits for each in get_args(hint) if isinstance(each, Rounded)), None)
    convert = _written_kind(kind, digits)
    if convert is None or not optional:
        return convert
    return lambda value: None if value is None else convert(value)


def _written_kind(kind: Any, digits: int | None) -> Convert | None:
    if kind is float:
        return float if digits is None else lambda value: round(float(value), digits)
    if kind is datetime:
        return datetime.isoformat
    if is_dataclass(kind):
        return _writer(cast("type", kind))
    if get_origin(kind) is tuple:
        inner = _written(get_args(kind)[0])
        return list if inner is None else lambda value: [inner(each) for each in value]
    if get_origin(kind) is Mapping:
        return dict
    return None


@cache
def _reader(kind: type) -> Convert:
    """The fields of one dataclass with what reads each, looked up once."""
    types = hints(kind)
    known = [(one, *bare(types[one.name])) for one in _fields(kind)]
    reading = [(one, _read(one.name, inner), optional) for one, inner, optional in known]

    def read(values: Any) -> Any:
        if not isinstance(values, Mapping):
            raise ValueError(f"{values!r} is no {kind.__name__}")
        given = {}
        for one, convert, optional in reading:
            value = values.get(one.name)
            if value is not None:
                given[one.name] = convert(value)
            elif one.name in values and optional:
                given[one.name] = None
            elif one.default is MISSING and one.default_factory is MISSING:
                raise ValueError(f"it has nothing in {one.name}")
        return kind(**given)

    return read


def _read(name: str, kind: Any) -> Convert:
    """What makes a value of this type of a plain one."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _reader(cast("type", kind))
    if origin is tuple:
        each, _ = bare(inner[0])
        return _checked(name, list, lambda value: tuple(map(_read(name, each), value)))
    if origin is Mapping:
        return _checked(name, dict, dict)
    if origin is Literal:
        return _checked(name, str, lambda value: _one_of(name, inner, value))
    if kind is float:
        return _checked(name, (int, float), float)
    if kind is datetime:
        return _checked(name, (str, datetime), _moment)
    return _checked(name, kind, lambda value: value)


def _checked(name: str, kind: Any, convert: Convert) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{name} holds {value!r}")
        return convert(value)

    return read


def _one_of(name: str, known: tuple[str, ...], value: str) -> str:
    if value not in known:
        raise ValueError(f"{name} holds {value!r}")
    return value


def _moment(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _fields(kind: type) -> tuple[Field[Any], ...]:
    return fields(cast("Any", kind))
