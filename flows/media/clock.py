"""When each frame of a video is shown. Files give each a time in ticks of their own, and round it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

JITTER = 0.05
"""Of the time of a frame: recorders are so far off their own rate without meaning it."""
MOST_JITTER = 0.002
"""Seconds."""
USUAL_RATE = 25.0
"""Frames a second of a video that does not say: FFmpeg's own guess."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`tick` seconds, `first` tick that is shown (moment 0), `rate` frames a second on the whole. `counted`: ticks do
    not say when a frame is shown (AVI with B-frames), its number does."""

    tick: float
    first: int
    rate: float
    counted: bool = False

    def moment(self, pts: int) -> float:
        """Seconds from the beginning. What is meant to be on the grid of the rate is put on it: Matroska rounds 1/24 s
        to 0.042 s, and phones are off by less than a millisecond."""
        plain = (pts - self.first) * self.tick
        number = round(plain * self.rate)
        near = min(max(min(self.tick, MOST_JITTER), JITTER / self.rate), MOST_JITTER)
        return number / self.rate if abs(plain - number / self.rate) <= near else plain

    def at(self, frame: VideoFrame, number: int) -> float:
        """The moment of a decoded frame, the `number`th from the beginning."""
        return number / self.rate if self.counted or frame.pts is None else self.moment(frame.pts)

    def pts(self, moment: float) -> int:
        """The tick at a moment."""
        return int(moment / self.tick) + self.first


@dataclass(frozen=True, slots=True)
class Times:
    """`moments` of all frames in their order, and when the last one ends, in seconds. `even`: each as long."""

    clock: Clock
    moments: Sequence[float]
    end: float

    @property
    def even(self) -> bool:
        """Whether the nth frame is shown at n / rate."""
        return all(abs(moment * self.clock.rate - n) < 1e-6 for n, moment in enumerate(self.moments))


def read_times(stream: VideoStream, packets: Iterable[Packet[VideoStream]]) -> Times | None:
    """From all packets of the stream, none of which need be decoded; those that an edit list hides do not count. None
    where there are none."""
    shown = [
        (packet.pts, packet.dts, packet.duration or 0) for packet in packets if packet.size and not packet.is_discard
    ]
    if not shown:
        return None
    rate = float(stream.average_rate or stream.guessed_rate or 0) or _rate_of(stream, shown)
    counted = any(pts is None for pts, _, _ in shown) or _unordered(stream)
    if counted:
        clock = Clock(1 / rate, 0, rate, counted=True)
        return Times(clock, [n / rate for n in range(len(shown))], len(shown) / rate)
    ticks = sorted((pts, length) for pts, _, length in shown if pts is not None)
    clock = Clock(float(stream.time_base or 1 / rate), ticks[0][0], rate)
    last, length = ticks[-1]
    return Times(clock, [clock.moment(pts) for pts, _ in ticks], end_of(stream, clock, last, length))


def end_of(stream: VideoStream, clock: Clock, pts: int, length: int | None) -> float:
    """The moment at which the last frame ends, which lasts `length` ticks by its packet. MP4 counts those to the next
    frame that is decoded, not shown: where its track ends before that, the frame does, too."""
    begin = clock.moment(pts)
    end = clock.moment(pts + length) if length else begin + 1 / clock.rate
    said = clock.moment(clock.first + stream.duration) if stream.duration else end
    return said if begin < said < end else end


def _unordered(stream: VideoStream) -> bool:
    """AVI has no room for the time at which a frame is shown, only for when it is decoded."""
    return stream.container.format.name == "avi" and stream.codec_context.has_b_frames


def _rate_of(stream: VideoStream, shown: Sequence[tuple[int | None, int | None, int]]) -> float:
    ticks = sorted(pts for pts, _, _ in shown if pts is not None)
    steps = sorted(after - before for before, after in pairwise(ticks) if after > before)
    step = steps[len(steps) // 2] if steps else shown[0][2]
    return 1 / float(step * stream.time_base) if step and stream.time_base else USUAL_RATE
