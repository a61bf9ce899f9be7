"""Lower levels inherit from upper ones: film, scene, shot, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.errors import Place
from flows.storyboard.nodes import Text
from flows.storyboard.problems import Problems
from flows.storyboard.records import Values

_DEEP = frozenset({"sampling", "guidance_scale", "look"})
"""Maps that are inherited key by key; of all others the lowest one written is taken as a whole."""


def inherited(under: Values | None, over: Values) -> Values:
    """`over` with what it does not say taken from `under`. Neither is changed."""
    if under is None or not under.places:
        return over
    result = Values(over.node)
    result.values = {**under.values, **over.values}
    result.places = _places(under, over)
    for key in _DEEP & over.values.keys() & under.values.keys():
        mine, theirs = over.values[key], under.values[key]
        if isinstance(mine, Values) and isinstance(theirs, Values):
            result.values[key] = inherited(theirs, mine)
    return result


def _places(under: Values, over: Values) -> dict[str, Place]:
    replaced = tuple(f"{key}." for key in over.values if key in under.values and key not in _DEEP)
    if not replaced:
        return {**under.places, **over.places}
    kept = {key: place for key, place in under.places.items() if not key.startswith(replaced)}
    return {**kept, **over.places}


def look_of(values: Values, problems: Problems) -> Mapping[str, Text]:
    """The look written in a shot or in defaults for shots, `camera:` among it."""
    look = values.get("look")
    texts: dict[str, Text] = dict(look.values) if isinstance(look, Values) else {}
    camera: Any = values.get("camera")
    if isinstance(camera, Text):
        if "camera" in texts:
            problems.add(camera, "camera is written twice: here and in look", "keep one")
        texts["camera"] = camera
    return texts
