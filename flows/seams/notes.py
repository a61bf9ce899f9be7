"""What was measured, kept in the store by what was looked at, so that nothing is measured twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flows.errors import EnvironmentProblem, StoreError
from flows.store import Store
from flows.store.layout import seam_note

if TYPE_CHECKING:
    from flows.continuity.inside import Profile

VERSION = 1
"""Raised when the same frames would be measured otherwise."""


def key_of(*looked_at: object) -> str:
    """sha256 of what decides a measure: digests of videos, frames of them, and how they are measured."""
    return sha256(json.dumps([VERSION, *looked_at]).encode()).hexdigest()


def recall(store: Store, key: str) -> dict[str, Any] | None:
    """What was measured; a damaged note is as good as none."""
    data = store.note(seam_note(key))
    try:
        found = json.loads(data) if data else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("values"), dict) else None


def remember(
    store: Store,
    key: str,
    values: Mapping[str, float],
    profile: Profile | None = None,
    joins: Sequence[Mapping[str, float]] = (),
) -> dict[str, Any]:
    """Of a join its `values`, of a shot also how bright its frames are, and the values of the joins of its clips.
    Returns what was kept."""
    found: dict[str, Any] = {"values": _rounded(values)}
    if profile is not None:
        found["lights"] = [round(light, 5) for light in profile.lights]
        found["joins"] = [_rounded(join) for join in joins]
    with suppress(StoreError, EnvironmentProblem):  # of a store that can only be read; the next film measures again
        store.put_note(seam_note(key), json.dumps(found).encode())
    return found


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}
