"""What is done to files that are not plain RGB or BT.709 in whole frames at an even rate, and what people are told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Treatment(NamedTuple):
    """`message`, after a file's name, and `fix`, for who wants it otherwise; empty where it goes without saying.
    `version` is raised when the pixels change that come of it: it is part of fingerprints."""

    message: str = ""
    fix: str = ""
    version: int = 1


_OWN_COLOURS = "to choose the colours yourself, convert it to SDR (BT.709) before"
TREATED: Mapping[str, Treatment] = MappingProxyType(
    {
        "times": Treatment(
            "shows its frames for unequal times (a variable frame rate): at each moment of the shot the frame is used "
            "that is shown then",
            "where that stutters, convert it to a constant rate before",
        ),
        "pq": Treatment("is HDR (PQ): its colours are converted to what an SDR screen shows", _OWN_COLOURS),
        "hlg": Treatment("is HDR (HLG): its colours are converted to what an SDR screen shows", _OWN_COLOURS),
        "wide gamut": Treatment("has the colours of a wide gamut: they are converted to sRGB", _OWN_COLOURS),
        "interlaced": Treatment(
            "is interlaced: whole frames are made of its fields (bwdif)", "deinterlace it before to choose how"
        ),
        "pixel shape": Treatment(
            "has pixels that are not square: it is shown as {width}x{height}", "scale it before to choose how"
        ),
        "transparent": Treatment(
            "is transparent in places: it is laid over black", "lay it over another background before"
        ),
        "streams": Treatment(
            "holds several videos: the one that is marked as the default is used, or else the largest",
            "to use another one, make a file of it alone",
        ),
        "profile": Treatment("has a colour profile: it is converted to sRGB", "convert it before to choose how"),
        "gamma": Treatment(
            "says its own gamma or primaries: it is converted to sRGB", "save it as sRGB to choose the colours"
        ),
        "scaled": Treatment("is larger than any shot: it is read at {width}x{height}", "scale it before to choose how"),
        "matrix": Treatment(),
        "mirrored": Treatment(),
    }
)
"""By the name that facts of files have. Turning by quarters is not among them: it is as old as fingerprints are."""


def as_read(digest: str, names: Iterable[str]) -> str:
    """The digest of a file, and of how it is treated when it is read, if it is."""
    treated = versions(names)
    return hashlib.sha256("\n".join((digest, *treated)).encode()).hexdigest() if treated else digest


def versions(names: Iterable[str]) -> tuple[str, ...]:
    """What fingerprints cover of treatments: each with its version, in a fixed order."""
    return tuple(f"{name} {TREATED[name].version}" for name in sorted(set(names)))
