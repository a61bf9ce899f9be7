"""Whether composed values are what their types say beyond str and int, and go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flows.config.schema import EXAMPLE, bounds_of, choices_of, entry_in_words, forms_of, leaves
from flows.limits import words_of
from flows.notices import NOTICES
from wan.system.suggest import did_you_mean

SECRETS: Mapping[str, str] = MappingProxyType({"notify.webhook": "/", "notify.smtp": "@"})
"""Keys whose values may be a secret, and what a value has then; such a value is never repeated."""
KEPT = ("env:", "file:")
"""How it is said where a secret is kept."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/")
"""`s3://bucket` as a path: pathlib has folded the slashes."""


def wrong_values(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each dotted key whose value is out of its list or bounds, with what is wrong and the fix."""
    for key, hint in leaves():
        if (value := _at(tree, key)) is None:
            continue
        if isinstance(value, Mapping):
            yield from _wrong_entries(key, value, hint)
        elif wrong := _wrong(value, hint):
            yield key, wrong
    yield from _gangs(_at(tree, "cluster.gpus_per_worker"), _at(tree, "cluster.gang"))
    if (scale := _at(tree, "render.size_scale")) != 1 and _at(tree, "render.steps_scale") >= 1:
        yield "render.size_scale", f"{scale:g} needs steps that are cut: render.steps_scale below 1, or 1 for both"
    for section, values in tree.items():
        for name, value in values.items():
            if isinstance(value, Path) and _ADDRESS.match(str(value)):
                yield f"{section}.{name}", f"{value} is an address, and a folder or file on this machine is needed"
    for key, secret in SECRETS.items():
        value = _at(tree, key) or ""
        if not value.startswith(KEPT) and secret in value.partition("?")[0]:
            yield (
                key,
                "it holds a secret, and configuration is read by others; say where it is kept: env:NAME or file:PATH",
            )
    for kind in _at(tree, "notify.events"):
        if kind not in NOTICES:
            meant = did_you_mean(kind, NOTICES, f"there are: {', '.join(NOTICES)}")
            called = "so" if set(kind) & set("/@:") else repr(kind[:100])  # somebody's address, in the wrong place
            yield "notify.events", f"nothing called {called} is told; {meant}"
    if "/" in (folder := _at(tree, "film.subfolder") or "") or folder in (".", ".."):
        yield "film.subfolder", f"{folder} is not the name of one folder; leave out slashes and dots"


def _gangs(gpus: float, gang: int) -> Iterator[tuple[str, str]]:
    """Each process of a gang has one GPU, or none has."""
    if gpus > 1 and gpus != int(gpus):
        yield (
            "cluster.gpus_per_worker",
            f"{gpus:g} GPUs cannot be shared out: each process has one; write {int(gpus)} or {int(gpus) + 1}, or a "
            "part of one GPU",
        )
    elif gang and gpus not in (0, gang) and (gang > 1 or gpus > 1):
        yield (
            "cluster.gang",
            f"{gang} processes with a GPU each, and cluster.gpus_per_worker is {gpus:g}; write "
            f"cluster.gpus_per_worker={gang}, or 0 where there are no GPUs",
        )


def _wrong(value: Any, hint: Any) -> str | None:
    """What is wrong with a value of that type."""
    choices, bounds = choices_of(hint), bounds_of(hint)
    if choices and value not in choices:
        meant = did_you_mean(str(value), choices)
        meant += " " if meant else ""
        if value == "False" and "off" in choices:
            meant = 'YAML reads a bare off as false, so write "off" with its quotes; '
        return f"{value} is not one of its values; {meant}there are: {', '.join(choices)}"
    for form in forms_of(hint):
        if wrong := form.wrong(value):
            return wrong
    if bounds is None or bounds.hold(value):
        return None
    return f"{value} is out of range; it must be {bounds}"


def _wrong_entries(key: str, values: Mapping[str, Any], hint: Any) -> Iterator[tuple[str, str]]:
    """Of numbers by name: those that are none, or out of bounds, and names that nothing tells apart."""
    said: dict[frozenset[str], str] = {}
    for name, value in values.items():
        if isinstance(value, dict | list):
            yield f"{key}.{name}", f"{name} must have {entry_in_words(hint)}"
        elif wrong := _wrong(value, hint):
            yield f"{key}.{name}", f"{name}: {wrong}"
        words = words_of(name)
        if not words:
            yield key, f"{name!r} names nothing; write what is in a name: {EXAMPLE}"
        elif words in said:
            yield f"{key}.{name}", f"{said[words]} and {name} are one name; leave one of them out"
        said[words] = name


def _at(tree: Mapping[str, Any], key: str) -> Any:
    value: Any = tree
    for name in key.split("."):
        value = value[name]
    return value
