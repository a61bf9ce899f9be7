"""Which of a file's picture streams is the video, how it is decoded, and the shape of its pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

ALMOST_SQUARE = 0.01
"""Pixels that are wider or higher by less are left as they are: encoders round their shape."""
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that give the transparency which FFmpeg's own leave out."""


def main_picture(container: InputContainer, path: Path) -> VideoStream:
    """The video: no cover and no thumbnails; of several the one that is marked as the default, then the largest, then
    the first. Raises `MediaError` where there is none."""
    from av.stream import Disposition

    covers = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    videos = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not videos:
        cover = " that moves: only a cover" if container.streams.video else ""
        raise MediaError(f"{path}: holds no picture{cover}")
    return max(videos, key=lambda one: (bool(one.disposition & Disposition.default), _area(one), -one.index))


def pixel_shape(stream: VideoStream) -> Fraction:
    """Width of a pixel by its height; 1 where the file does not say, or says almost that. Raises `MediaError` for one
    that no camera has."""
    shape = stream.sample_aspect_ratio
    if not shape or abs(shape - 1) < ALMOST_SQUARE:
        return Fraction(1)
    if not Fraction(1, 8) <= shape <= 8:
        raise MediaError(f"{stream.container.name}: its pixels are said to be {shape} times as wide as high")
    return Fraction(shape)


def frames_of(container: InputContainer, stream: VideoStream, *, skip_broken: bool = False) -> Iterator[VideoFrame]:
    """The frames that are shown, in their order. `skip_broken` goes on after what cannot be decoded, as players do.

    Raises FFmpeg's errors.
    """
    import av

    decode = decoder(stream)
    for packet in container.demux(stream):
        try:
            frames = decode(packet)
        except av.InvalidDataError:
            if not skip_broken:
                raise
            continue
        yield from frames


def decoder(stream: VideoStream) -> Callable[[Packet[VideoStream]], list[VideoFrame]]:
    """What gives the frames that a packet completes, with what is transparent in them. Raises FFmpeg's errors."""
    from av.codec.codec import UnknownCodecError
    from av.video.codeccontext import VideoCodecContext

    name = _WITH_ALPHA.get(stream.codec_context.name)
    if name is not None and stream.metadata.get("alpha_mode") == "1":
        with suppress(UnknownCodecError):
            context = VideoCodecContext.create(name, "r")
            assert isinstance(context, VideoCodecContext), "a decoder of video"
            return lambda packet: context.decode(packet if packet.size else None)
    return stream.decode


def _area(stream: VideoStream) -> int:
    return (stream.codec_context.width or 0) * (stream.codec_context.height or 0)
