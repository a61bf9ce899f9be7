"""Video files: facts, frames, and lossless clips (FFV1 in Matroska, RGB bit for bit)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flows.errors import MediaError
from flows.media.containers import open_media
from flows.media.upright import upright, upright_size

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.video.stream import VideoStream

    Frame = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file holds: pixels (of a frame put upright), frames, frames a second."""

    width: int
    height: int
    num_frames: int
    fps: float


def probe_video(path: Path) -> VideoFacts:
    """Size, rate and number of frames of the first picture stream; the frames are counted, not guessed, and one is
    decoded, which alone says how it is turned.

    Raises `MediaError` for what holds no picture or is broken.
    """
    with open_media(path) as container:
        stream = _picture(container.streams.video, path)
        rate = stream.average_rate or stream.guessed_rate
        count, size = 0, None
        for packet in container.demux(stream):
            count += bool(packet.size)
            size = size or upright_size(packet.decode())
        if not count or not rate or size is None:
            raise MediaError(f"{path}: holds no frames")
        return VideoFacts(*size, count, float(rate))


def read_video(path: Path) -> Iterator[Frame]:
    """Every frame as uint8 RGB `[H, W, 3]`, upright, one at a time. Raises `MediaError`."""
    with open_media(path) as container:
        stream = _picture(container.streams.video, path)
        for frame in container.decode(stream):
            yield upright(frame)


def frames_at(path: Path, indices: Sequence[int]) -> list[Frame]:
    """The frames at `indices` (from 0), in that order. Raises `MediaError` where the video is shorter."""
    wanted = set(indices)
    found: dict[int, Frame] = {}
    for number, frame in enumerate(read_video(path)):
        if number in wanted:
            found[number] = frame
        if len(found) == len(wanted):
            break
    for index in indices:
        if index not in found:
            raise MediaError(f"{path}: has no frame {index}")
    return [found[index] for index in indices]


def middle_frame(path: Path) -> Frame:
    """A frame from about the middle, upright: the last one before it that can be decoded alone. Raises `MediaError`."""
    import av

    with open_media(path) as container:
        stream = _picture(container.streams.video, path)
        with suppress(av.FFmpegError):  # a GIF cannot be sought in: its first frame will do
            container.seek((container.start_time or 0) + (container.duration or 0) // 2)
        for frame in container.decode(stream):
            return upright(frame)
    raise MediaError(f"{path}: holds no frames")


def frames_digest(frames: Iterable[Frame]) -> str:
    """sha256 (hex) of decoded frames: equal when every pixel of every frame is. `frames_digest(read_video(path))`."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(f"{frame.shape}".encode())
        digest.update(frame.tobytes())
    return digest.hexdigest()


class ClipWriter:
    """Writes a lossless clip frame by frame; the file appears under its name only when the block ends well.

    FFV1 stores RGB in planes without loss (`bgr0`), each frame alone, each slice with a checksum. The bytes depend on
    nothing but the frames and the rate.
    """

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        import av

        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._container = av.open(str(self._partial), "w", format="matroska", options={"fflags": "+bitexact"})
        self._stream = _ffv1(self._container.add_stream("ffv1", rate=exact_rate(fps)), width, height)
        self._shape = (height, width, 3)
        self._count = 0

    def write(self, frame: Frame) -> None:
        """Append a uint8 RGB frame `[H, W, 3]`. Raises `ValueError` for another shape or type."""
        import av

        if frame.shape != self._shape or frame.dtype.name != "uint8":
            raise ValueError(f"a frame of {frame.dtype} {frame.shape} in a clip of uint8 {self._shape}")
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="bgr0")
        picture.pts = self._count
        picture.time_base = 1 / exact_rate(float(self._stream.codec_context.framerate))
        self._count += 1
        self._container.mux(self._stream.encode(picture))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is None:
                self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)


def write_clip(frames: Iterable[Frame], fps: float, path: Path) -> Path:
    """Write uint8 RGB frames `[H, W, 3]` (an array `[F, H, W, 3]` will do) as a lossless clip; returns `path`."""
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise ValueError("a clip needs one frame or more")
    with ClipWriter(path, fps, width=first.shape[1], height=first.shape[0]) as writer:
        writer.write(first)
        for frame in rest:
            writer.write(frame)
    return path


def exact_rate(fps: float) -> Fraction:
    """Frames a second as broadcasters mean it: 23.976 is 24000/1001."""
    ntsc = Fraction(round(fps * 1001 / 1000) * 1000, 1001)
    return ntsc if fps != round(fps) and abs(ntsc - Fraction(fps)) < 0.005 else Fraction(fps).limit_denominator(1000)


def _ffv1(stream: VideoStream, width: int, height: int) -> VideoStream:
    stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
    stream.codec_context.gop_size = 1
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"level": "3", "slices": "4", "slicecrc": "1", "flags": "+bitexact"}
    return stream


def _picture(streams: Sequence[VideoStream], path: Path) -> VideoStream:
    if not streams:
        raise MediaError(f"{path}: holds no picture")
    return streams[0]
