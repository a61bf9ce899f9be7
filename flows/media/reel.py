"""A video file as a row of frames, each with the moment from which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from flows.media.clock import Clock
from flows.media.containers import open_media
from flows.media.deinterlace import deinterlaced
from flows.media.shown import Screen
from flows.media.streams import frames_of, main_picture
from flows.media.webp import is_webp, webp_frames

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Pixels = npt.NDArray[np.uint8]

TICK = Fraction(1, 1000)
"""Seconds, where a stream names none."""
SOUGHT = frozenset({"mov", "matroska"})
"""Families of containers with an index of frames that can be decoded alone."""
WORTH_SEEKING = 1.0
"""Seconds: what lies before is decoded rather than sought over."""
RUN_UP = (0.25, 2.0, 10.0)
"""Seconds before the wanted moment that are sought, one after the other until a frame from before it is found: an index
counts when frames are decoded, and a filter looks at the frame before."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A frame that is shown from `moment` (seconds) on. Its `pixels` are uint8 RGB `[H, W, 3]`, upright; they are made
    when asked for."""

    moment: float
    pixels: Callable[[], Pixels]


def play(path: Path, clock: Clock, size: tuple[int, int], start: float = 0.0) -> Iterator[Timed]:
    """The frames of the video from the one that is shown at `start` on, or some before it; all of one size (width,
    height), whatever the recording changed to. What cannot be decoded is left out, as players do. Raises
    `MediaError`."""
    if is_webp(path):
        yield from (Timed(moment, _made(pixels)) for moment, pixels in webp_frames(path))
        return
    with open_media(path) as container:
        stream = main_picture(container, path)
        screen, last = Screen(stream, size), -1.0
        for moment, frame in _moments(container, stream, clock, start):
            if moment <= last:
                moment = last + 1 / clock.rate  # the times begin anew: recordings that were put together
            last = moment
            yield Timed(moment, _once(screen, frame))


def _made(pixels: Pixels) -> Callable[[], Pixels]:
    return lambda: pixels


def _once(screen: Screen, frame: VideoFrame) -> Callable[[], Pixels]:
    made: list[Pixels] = []

    def pixels() -> Pixels:
        if not made:
            made.append(screen.show(frame))
        return made[0]

    return pixels


def _moments(
    container: InputContainer, stream: VideoStream, clock: Clock, start: float
) -> Iterator[tuple[float, VideoFrame]]:
    frames = _sought(container, stream, clock, start) or frames_of(container, stream, skip_broken=True)
    for number, frame in enumerate(deinterlaced(frames, stream.time_base or TICK)):
        yield clock.at(frame, number), frame


def _sought(container: InputContainer, stream: VideoStream, clock: Clock, start: float) -> Iterator[VideoFrame] | None:
    """Frames from shortly before `start`; None where the file cannot be sought in, and is to be read from its
    beginning (`container` is there again)."""
    import av

    if start < WORTH_SEEKING or clock.counted or container.format.name.split(",")[0] not in SOUGHT:
        return None
    try:
        for before in RUN_UP:
            container.seek(clock.pts(max(0.0, start - before)), stream=stream)
            frames = frames_of(container, stream, skip_broken=True)
            first = next(frames, None)
            if first is not None and first.pts is not None and clock.moment(first.pts) <= start:
                return chain([first], frames)
    except av.FFmpegError:
        pass
    container.seek(0)
    return None
