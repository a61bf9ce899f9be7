"""Lossless clips (FFV1 in Matroska, RGB bit for bit): writing them, and what tells two of them apart."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.video.stream import VideoStream

    Frame = npt.NDArray[np.uint8]


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
        from av.video.reformatter import VideoReformatter

        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._container = av.open(str(self._partial), "w", format="matroska", options={"fflags": "+bitexact"})
        self._stream = _ffv1(self._container.add_stream("ffv1", rate=exact_rate(fps)), width, height)
        self._convert = VideoReformatter().reformat  # one for all frames: what it looks up for the first, it keeps
        self._shape = (height, width, 3)
        self._count = 0

    def write(self, frame: Frame) -> None:
        """Append a uint8 RGB frame `[H, W, 3]`. Raises `ValueError` for another shape or type."""
        import av

        if frame.shape != self._shape or frame.dtype.name != "uint8":
            raise ValueError(f"a frame of {frame.dtype} {frame.shape} in a clip of uint8 {self._shape}")
        picture = self._convert(av.VideoFrame.from_ndarray(frame, format="rgb24"), format="bgr0")
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
