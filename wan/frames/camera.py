"""Camera moves in words, as a path of poses: `slow pan left, dolly in`. No torch.

Known are pan, tilt, roll, zoom, dolly (push in, pull back), truck, crane and orbit, each with its directions and slow
or fast, alone or together; and static. Other words name no path, which is no error: they stand in the prompt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Kind: TypeAlias = Literal["pan", "tilt", "roll", "zoom", "dolly", "truck", "crane", "orbit"]
Matrix: TypeAlias = "npt.NDArray[np.float64]"

CENTRE = 6.0
"""How far away what an orbit goes round is; all lengths are in units of which a near thing is about 3 away."""
_STEP = math.radians(30) / 80
"""A turn of 30° in the 5 seconds of one clip."""
_SPEEDS = {"slow": 0.5, "slowly": 0.5, "gentle": 0.5, "gently": 0.5, "fast": 2.0, "quick": 2.0, "quickly": 2.0}


@dataclass(frozen=True, slots=True)
class Move:
    """One move: `amount` a frame, signed; radians for turns and orbits, units for ways, powers of e for a zoom."""

    kind: Kind
    amount: float


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where the camera is: `rotation` `[3, 3]` from its axes (x right, y down, z ahead) to the world's, which are those
    of frame 0; `position` `[3]`; `zoom` times the focal length of frame 0."""

    rotation: Matrix
    position: Matrix
    zoom: float


def _signs(plus: str, minus: str) -> Mapping[str, int]:
    return {**dict.fromkeys(plus.split(), 1), **dict.fromkeys(minus.split(), -1)}


_SIDES = _signs("right", "left")
_HEIGHTS = _signs("up", "down")
_DEPTHS = _signs("in forward forwards closer", "out back backward backwards away")
_KINDS: Mapping[str, tuple[Kind, float, Mapping[str, int]]] = MappingProxyType(
    {
        r"pan(?:s|ning)?": ("pan", _STEP, _SIDES),
        r"tilt(?:s|ing)?": ("tilt", _STEP, _HEIGHTS),
        r"roll(?:s|ing)?": ("roll", _STEP, _signs("right clockwise", "left counterclockwise anticlockwise")),
        r"zoom(?:s|ing)?": ("zoom", math.log(1.6) / 80, _DEPTHS),
        r"(?:dolly|dollies|dollying|push(?:es|ing)?|pull(?:s|ing)?)": ("dolly", 2.0 / 80, _DEPTHS),
        r"(?:truck(?:s|ing)?|track(?:s|ing)?|slid(?:e|es|ing))": ("truck", 2.0 / 80, _SIDES),
        r"(?:crane(?:s)?|craning|pedestal|boom)": ("crane", 2.0 / 80, _HEIGHTS),
        r"(?:orbit(?:s|ing)?|arc(?:s|ing)?)": ("orbit", _STEP, _SIDES),
    }
)
_BARE = {"roll": 1, "orbit": 1}
"""Moves that need no direction said."""
_STATIC = re.compile(r"\b(?:static|locked[ -]off|fixed camera|still camera|camera (?:is )?still|tripod)\b")
_SPEED = "|".join(_SPEEDS)
_FILLER = r"(?:\s+(?:camera|shot|to|the|towards|a))*"


def parse_camera(words: str) -> tuple[Move, ...] | None:
    """The moves that the words name: none for a static camera, None when they name no path at all.

    Of two contrary moves both count, and cancel each other.
    """
    text = re.sub(r"[^a-z\- ]+", " ", words.lower()).replace("-", " ")
    moves = [move for pattern in _KINDS for move in _moves(pattern, text)]
    if moves:
        return tuple(moves)
    return () if _STATIC.search(words.lower()) else None


def _moves(pattern: str, text: str) -> list[Move]:
    kind, amount, signs = _KINDS[pattern]
    directions = "|".join(sorted(signs, key=len, reverse=True))
    optional = "?" if kind in _BARE else ""
    before, after = rf"(?:({_SPEED})\s+)?", rf"(?:\s+({_SPEED})\b)?"
    whole = rf"\b{before}{pattern}\b{after}(?:{_FILLER}\s+({directions})\b){optional}{after}"
    moves = []
    for match in re.finditer(whole, text):
        speed = next((_SPEEDS[word] for word in (match[1], match[2], match[4]) if word), 1.0)
        sign = signs[match[3]] if match[3] else _BARE[kind]
        moves.append(Move(kind, sign * amount * speed))
    return moves


def pose_at(moves: tuple[Move, ...], frame: int) -> Pose:
    """The camera at a frame of the shot, from 0; it moves evenly, however long the shot is."""
    import numpy as np  # not at the top: every storyboard is read for camera words, few are drawn

    total = dict.fromkeys(("pan", "tilt", "roll", "zoom", "dolly", "truck", "crane", "orbit"), 0.0)
    for move in moves:
        total[move.kind] += move.amount * frame
    orbit = total["orbit"]
    # an orbit to the right goes right and looks left, so that its centre stays in the middle
    turn = _about_y(total["pan"] - orbit) @ _about_x(total["tilt"]) @ _about_z(total["roll"])
    way = np.array([total["truck"], -total["crane"], total["dolly"]])
    round_centre = np.array([CENTRE * math.sin(orbit), 0.0, CENTRE * (1 - math.cos(orbit))])
    return Pose(turn, way + round_centre, math.exp(total["zoom"]))


def _about_y(angle: float) -> Matrix:
    """Looks right by `angle`."""
    c, s = math.cos(angle), math.sin(angle)
    return _matrix([c, 0, s], [0, 1, 0], [-s, 0, c])


def _about_x(angle: float) -> Matrix:
    """Looks up by `angle`."""
    c, s = math.cos(angle), math.sin(angle)
    return _matrix([1, 0, 0], [0, c, -s], [0, s, c])


def _about_z(angle: float) -> Matrix:
    """Leans to the right by `angle`."""
    c, s = math.cos(angle), math.sin(angle)
    return _matrix([c, -s, 0], [s, c, 0], [0, 0, 1])


def _matrix(*rows: list[float]) -> Matrix:
    import numpy as np

    return np.array(rows)
