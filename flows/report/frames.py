"""Frames of the film's shots, read from their clips once, and pictures as data URIs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.edit.timeline import Entry
from flows.media import frames_at, jpeg_bytes

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Frame = npt.NDArray[np.uint8]

WIDTH = 400
"""Pixels of a picture in a report, at most: sharp on a phone, 10 to 25 kB each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of each shot a report shows: a long film's report stays a page that a browser opens."""

    strip: int
    seams: bool
    inputs: bool


def wanted(shots: int) -> Wanted:
    """Five frames of each shot, every seam and what each shot was made from; less in a film of hundreds of shots."""
    if shots <= 80:
        return Wanted(strip=5, seams=True, inputs=True)
    few = shots <= 300
    return Wanted(strip=3 if few else 1, seams=few, inputs=few)


def spread(count: int, frames: int) -> list[int]:
    """`count` frame numbers spread evenly over a shot; the middle one if it is only one, fewer in a short shot."""
    if count == 1 or frames == 1:
        return [frames // 2]
    return sorted({round(k * (frames - 1) / (count - 1)) for k in range(count)})


def frames_of(entry: Entry, numbers: Iterable[int]) -> dict[int, Frame]:
    """Frames of a shot by their number among its clips' own shown frames (0 is the first one seen).

    Numbers beyond the last are left out. Raises `MediaError` for a clip that cannot be read.
    """
    frames: dict[int, Frame] = {}
    begin = 0
    asked = set(numbers)
    for shown in entry.ranges:
        here = sorted(number for number in asked if begin <= number < begin + shown.frames)
        if here:
            frames.update(zip(here, frames_at(shown.file, [n - begin + shown.skip for n in here]), strict=True))
        begin += shown.frames
    return frames


def clip_frames(entry: Entry) -> int:
    """How many frames the clips of a shot show, at their own rate."""
    return sum(shown.frames for shown in entry.ranges)


def jpeg_uri(frame: Frame, width: int = WIDTH) -> str:
    """The frame as a data URI, at most `width` pixels wide."""
    return data_uri(jpeg_bytes(frame, width=min(width, frame.shape[1])), "image/jpeg")


def data_uri(data: bytes, kind: str) -> str:
    """`data` inside an address, so that a page needs no file beside it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def middle(entry: Entry) -> Frame:
    """The frame in the middle of a shot."""
    number = clip_frames(entry) // 2
    return frames_of(entry, [number])[number]


def picked(frames: dict[int, Frame], numbers: Sequence[int]) -> list[str]:
    """The frames at `numbers` as data URIs."""
    return [jpeg_uri(frames[number]) for number in numbers if number in frames]
