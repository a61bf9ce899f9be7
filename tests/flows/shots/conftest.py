"""Shots with one place a key, and films of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.errors import Place
from flows.storyboard.model import Scene, Shot, Storyboard

FILE = Path("/films/a.png")
KEYS = ("variant", "image", "end_image", "continuity", "audio", "motion", "control", "video", "loras", "sampling")


def shot(id: str = "a", **values: Any) -> Shot:
    """Each key that is given stands on a line of its own: the nth of `KEYS` on line n + 2, the prompt on 1."""
    places = {key: Place("film.yaml", number, 3) for number, key in enumerate(KEYS, 2) if key in values}
    places["prompt"] = Place("film.yaml", 1, 9)
    defaults: dict[str, Any] = {"scene": "s", "prompt": "a red box rises"}
    return Shot(id=id, place=Place("film.yaml", 1, 1), places=places, **{**defaults, **values})


def film(*shots: Shot) -> Storyboard:
    """One scene."""
    return Storyboard(title="x", slug="x", path=Path("film.yaml"), scenes=(Scene("s", shots),))
