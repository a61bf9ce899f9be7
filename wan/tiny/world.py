"""What there is in the tiny family's world: shapes, colours, places, lights, motions; no torch.

A `Scene` is one combination of words. Every eighth combination, by a hash, is held out of training for good, so that
the benchmark measures on combinations the models have never seen.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

WIDTH, HEIGHT = 256, 144
"""Pixels of the native picture."""
NUM_FRAMES = 33
FPS = 16.0
CHECKPOINTS = Path(__file__).parent / "checkpoints"

SHAPES = ("boat", "ball", "box", "star", "heart", "ring", "kite", "triangle")
COLOURS = ("white", "red", "orange", "yellow", "green", "blue", "purple", "pink")
PLACES = ("water", "snow", "forest")
LIGHTS = ("noon", "dusk", "night")
MOTIONS = ("left_to_right", "right_to_left", "rises", "falls", "closer", "away")
HELD_OUT_ONE_IN = 8

PALETTE: dict[str, tuple[float, float, float]] = {
    "white": (1.00, 1.00, 1.00),
    "red": (0.88, 0.10, 0.12),
    "orange": (1.00, 0.52, 0.05),
    "yellow": (1.00, 0.88, 0.12),
    "green": (0.08, 0.62, 0.22),
    "blue": (0.10, 0.32, 0.92),
    "purple": (0.50, 0.14, 0.72),
    "pink": (1.00, 0.45, 0.72),
}
"""RGB of each colour word, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One combination of the world's words: what a caption says and the judge reads back."""

    shape: str
    colour: str
    place: str
    light: str
    motion: str


@cache
def all_scenes() -> tuple[Scene, ...]:
    """Every combination, in a fixed order."""
    return tuple(Scene(*words) for words in itertools.product(SHAPES, COLOURS, PLACES, LIGHTS, MOTIONS))


def is_held_out(scene: Scene) -> bool:
    """Whether training must never see this combination: a hash of its words, the same on every machine."""
    digest = hashlib.sha256("/".join(astuple(scene)).encode()).digest()
    return digest[0] % HELD_OUT_ONE_IN == 0


@cache
def training_scenes() -> tuple[Scene, ...]:
    """The combinations that training may draw."""
    return tuple(scene for scene in all_scenes() if not is_held_out(scene))


@cache
def held_out_scenes() -> tuple[Scene, ...]:
    """The combinations kept for measuring."""
    return tuple(scene for scene in all_scenes() if is_held_out(scene))
