"""How a clip was made, for people: every field of its spec that says something, by the name they know it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flows.clips import ClipSpec
from flows.clips.facts import Fact, facts
from flows.fields import plain

_DIGEST = re.compile(r"[0-9a-f]{64}")
SHORT = 12
"""Digits of a digest."""


def made_with(spec: ClipSpec, assets: Mapping[str, str], known: tuple[Fact, ...] | None = None) -> dict[str, str]:
    """Name and value in words, in the order of the fields. What is empty, or as it is when nobody asks for anything
    else, is left out; how it was sampled is said whole. `assets` maps digests to files; `known` are all fields if None.
    """
    values = plain(spec)
    lines: dict[str, list[str]] = {}
    for fact in facts() if known is None else known:
        value = fact.of(values)
        asked = len(fact.path) > 1 or value != fact.default
        if asked and (words := in_words(value, assets)):
            lines.setdefault(fact.called[:1].upper() + fact.called[1:], []).append(words)
    return {name: " × ".join(words) for name, words in lines.items()}


def in_words(value: object, assets: Mapping[str, str]) -> str:
    """A plain value; a file by its name, another digest by its beginning."""
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case float():
            return f"{value:g}"
        case str() if value in assets:
            return Path(assets[value]).name
        case str() if _DIGEST.fullmatch(value):
            return value[:SHORT]
        case Mapping():
            named = ((name, in_words(each, assets)) for name, each in value.items())
            return ", ".join(f"{name} {words}" for name, words in named if words)
        case list():
            return "; ".join(filter(None, (in_words(each, assets) for each in value)))
    return str(value)
