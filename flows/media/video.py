"""Video files: length, rate and size as they are shown, and their frames one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.media.clock import Clock, Times, read_times
from flows.media.containers import open_media
from flows.media.deinterlace import deinterlaced
from flows.media.reel import TICK
from flows.media.shown import Screen
from flows.media.streams import decoder, frames_of, main_picture
from flows.media.webp import is_webp, webp_frames, webp_times

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Frame = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file holds: pixels (of a frame as it is shown), frames, frames a second on the whole, how long it is
    in `seconds`, when its frames are shown, and how it is `treated` when it is read (`flows.media.treated`)."""

    width: int
    height: int
    num_frames: int
    fps: float
    seconds: float
    clock: Clock
    treated: tuple[str, ...] = ()


def probe_video(path: Path) -> VideoFacts:
    """Size, rate, number and times of the frames; they are counted, not guessed, and one is decoded, which alone says
    how it is shown.

    Raises `MediaError` for what holds no picture or is broken.
    """
    if is_webp(path):
        return _webp_facts(path)
    with open_media(path) as container:
        stream = main_picture(container, path)
        look = FirstLook(stream)
        times = read_times(stream, look.passing(container))
        if times is None or look.size is None:
            raise MediaError(f"{path}: holds no frames")
        treated = (*look.treated, *treated_in_time(times, stream, container))
        return VideoFacts(*look.size, len(times.moments), times.clock.rate, times.end, times.clock, treated)


def _webp_facts(path: Path) -> VideoFacts:
    times = webp_times(path)
    height, width = next(webp_frames(path))[1].shape[:2]
    treated = () if times.even else ("times",)
    return VideoFacts(width, height, len(times.moments), times.clock.rate, times.end, times.clock, treated)


class FirstLook:
    """The size of a video and how it is treated, from the first frame that can be decoded."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self.size: tuple[int, int] | None = None
        self.treated: tuple[str, ...] = ()

    def passing(self, container: InputContainer) -> Iterator[Packet[VideoStream]]:
        """All packets of the stream, of which as many are decoded as it takes."""
        import av

        decode = decoder(self._stream)
        for packet in container.demux(self._stream):
            if self.size is None:
                with suppress(av.InvalidDataError):  # what comes after may be whole; players go on, too
                    self._look(decode(packet))
            yield packet

    def _look(self, frames: list[VideoFrame]) -> None:
        for frame in frames[:1]:
            screen = Screen(self._stream)
            self.size, self.treated = screen.size(frame), screen.treated(frame)


def treated_in_time(times: Times, stream: VideoStream, container: InputContainer) -> tuple[str, ...]:
    """What is not plain about which frames are shown, and when."""
    first = next(iter(container.streams.video))
    return (*(() if times.even else ("times",)), *(("streams",) if stream.index != first.index else ()))


def read_video(path: Path) -> Iterator[Frame]:
    """Every frame as uint8 RGB `[H, W, 3]` as it is shown, one at a time. Raises `MediaError`."""
    if is_webp(path):
        yield from (pixels for _, pixels in webp_frames(path))
        return
    with open_media(path) as container:
        stream = main_picture(container, path)
        screen = Screen(stream)
        for frame in deinterlaced(frames_of(container, stream), stream.time_base or TICK):
            yield screen.show(frame)


def frames_at(path: Path, indices: Sequence[int]) -> list[Frame]:
    """The frames at `indices` (from 0), in that order. Raises `MediaError` where the video is shorter."""
    wanted = set(indices)
    frames: dict[int, Frame] = {}
    with open_media(path) as container:
        stream = main_picture(container, path)
        screen = Screen(stream)
        for number, frame in enumerate(deinterlaced(frames_of(container, stream), stream.time_base or TICK)):
            if number in wanted:
                frames[number] = screen.show(frame)
            if len(frames) == len(wanted):
                break
    for index in indices:
        if index not in frames:
            raise MediaError(f"{path}: has no frame {index}")
    return [frames[index] for index in indices]


def middle_frame(path: Path) -> Frame:
    """A frame from about the middle, upright: the last one before it that can be decoded alone. Raises `MediaError`."""
    import av

    if is_webp(path):
        return next(webp_frames(path))[1]
    with open_media(path) as container:
        stream = main_picture(container, path)
        with suppress(av.FFmpegError):  # a GIF cannot be sought in: its first frame will do
            container.seek((container.start_time or 0) + (container.duration or 0) // 2)
        for frame in deinterlaced(frames_of(container, stream), stream.time_base or TICK):
            return Screen(stream).show(frame)
    raise MediaError(f"{path}: holds no frames")
