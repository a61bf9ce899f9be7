"""The schema Hydra checks values against, made from the frozen settings, and the way back.

OmegaConf cannot override a frozen dataclass, so each one gets a mutable twin with the same fields and no defaults:
those live in `conf/` alone. It knows neither `Literal` nor bounds: `flows.config.values` checks those.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from omegaconf import MISSING

from flows.limits import Bounds, Form, OneOf
from flows.settings import Settings
from wan.system.files import without_tilde

T = TypeVar("T")

EXAMPLE = "{H200: 3.5, default: 2}"
"""Of names with numbers."""
_WORDS: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    Path: "a path",
}


def mutable_twin(frozen: type) -> type:
    """A mutable dataclass with the fields of `frozen` (nested ones too), every value mandatory."""
    hints = get_type_hints(frozen)
    fields = [(field.name, _twin(hints[field.name]), MISSING) for field in dataclasses.fields(frozen)]
    return dataclasses.make_dataclass(frozen.__name__, [(n, t, _mandatory(d)) for n, t, d in fields])


def _mandatory(value: Any) -> Any:
    return dataclasses.field(default=value)


def _twin(hint: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return mutable_twin(hint)
    if get_origin(hint) is tuple:
        return list[get_args(hint)[0]]  # type: ignore[misc]  # a type computed at run time
    bare = plain(hint)
    return dict[get_args(bare)] if get_origin(bare) is Mapping else bare  # type: ignore[misc]  # likewise


def plain(hint: Any) -> Any:
    """A type as OmegaConf knows it: `Annotated[int, …] | None` → `int | None`, `Literal["a"]` → `str`."""
    if get_origin(hint) is Annotated:
        return plain(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return str
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(plain(member) for member in get_args(hint))]  # noqa: UP007  # computed at run time
    return hint


def choices_of(hint: Any) -> tuple[str, ...]:
    """The words that a value of that type may be; none if it may be any."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) is Annotated:
        return tuple(name for limit in hint.__metadata__ if isinstance(limit, OneOf) for name in limit.names)
    return tuple(name for member in get_args(hint) for name in choices_of(member))


def forms_of(hint: Any) -> tuple[Form, ...]:
    """The forms that a text of that type has to have."""
    if get_origin(hint) is Annotated:
        return tuple(limit for limit in hint.__metadata__ if isinstance(limit, Form))
    return tuple(form for member in get_args(hint) for form in forms_of(member))


def bounds_of(hint: Any) -> Bounds | None:
    """The bounds of a number of that type, if it has any."""
    if get_origin(hint) is Annotated:
        return next((limit for limit in hint.__metadata__ if isinstance(limit, Bounds)), None)
    return next((bounds for member in get_args(hint) if (bounds := bounds_of(member))), None)


def freeze(kind: type[T], tree: Mapping[str, Any]) -> T:
    """The frozen settings from a plain tree of checked values. `~` in paths becomes the home folder."""
    hints = get_type_hints(kind)
    return kind(**{name: _frozen(hints[name], value) for name, value in tree.items() if name in hints})


def _frozen(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return freeze(hint, value)
    if isinstance(value, Path):
        return without_tilde(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return tuple(_frozen(None, item) for item in value)
    return value


def leaves(kind: type = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every dotted key of the settings with its type: `cluster.address`, `str | None`."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if dataclasses.is_dataclass(hint):
            assert isinstance(hint, type)
            yield from leaves(hint, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", hint


def mapping_of(key: str) -> str | None:
    """The mapping that a dotted key is, or names something in: `cost.gpu_hour.H200` is of `cost.gpu_hour`."""
    return next((name for name in _mappings() if key == name or key.startswith(f"{name}.")), None)


@cache
def _mappings() -> tuple[str, ...]:
    return tuple(key for key, hint in leaves() if get_origin(plain(hint)) is Mapping)


def in_words(hint: Any) -> str:
    """A type as a person would say it: `a whole number or null`."""
    hint = plain(hint)
    if get_origin(hint) in (Union, UnionType):
        members = [in_words(arg) for arg in get_args(hint) if arg is not type(None)]
        return " or ".join([*members, "null"])
    if get_origin(hint) is tuple:
        return f"a list, each {in_words(get_args(hint)[0])}, in brackets: [ONE, TWO]"
    if get_origin(hint) is Mapping:
        return f"names, each with {entry_in_words(hint)}"
    return _WORDS[hint]


def entry_in_words(hint: Any) -> str:
    """What each name of a mapping has: `a number: {H200: 3.5, default: 2}`."""
    return f"{in_words(get_args(plain(hint))[1])}: {EXAMPLE}"
