"""What the header of a sound or video file says: kind, size and length. Of the rest only a video's first frames are
read, which alone say how it is shown, and its last, which say how much of it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.clock import end_of, read_times
from flows.media.containers import open_media
from flows.media.streams import main_picture
from flows.media.video import FirstLook, probe_video
from flows.media.webp import is_webp

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from flows.media.clock import Clock

REORDERED = 16
"""Packets from the beginning, among which the first frame that is shown is."""
WHOLE = 0.9
"""A video shorter than so much of what its header says is not whole."""

STREAMED = 0x7FFF0000
"""Bytes. Programs that write to a pipe say that so many or more follow: they do not know yet."""


class VideoHead(NamedTuple):
    """`seconds` None: the header does not say. `promised`: what it says, where much less is there. `treated`: how the
    first frame is treated (`flows.media.treated`)."""

    width: int
    height: int
    seconds: float | None
    treated: tuple[str, ...] = ()
    promised: float | None = None


def video_head(path: Path) -> VideoHead:
    """Size as it is shown, and length, by the first frames and the last: of what lies between, only where the end is
    not where the header says. Raises `MediaError` where nothing can be decoded."""
    if is_webp(path):
        facts = probe_video(path)
        return VideoHead(facts.width, facts.height, facts.seconds, facts.treated)
    with open_media(path) as container:
        stream = main_picture(container, path)
        look = FirstLook(stream)
        packets: list[Packet[VideoStream]] = []
        for packet in look.passing(container):
            if len(packets) < REORDERED:
                packets.append(packet)
            if look.size is not None and len(packets) == REORDERED:
                break
        if look.size is None:
            raise MediaError(f"{path}: holds no picture that can be decoded")
        said, times = _said_seconds(container, stream), read_times(stream, packets)
        there = _end(container, stream, times.clock, said) if times is not None else None
        if there is None and (times := read_times(stream, _from_the_beginning(container, stream, packets))):
            there = times.end
        cut_off = said is not None and there is not None and there < said * WHOLE
        return VideoHead(*look.size, there, look.treated, said if cut_off else None)


def _said_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the header says that the video is."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    with suppress(ValueError):  # Matroska's tag, hh:mm:ss.ssssss
        hours, minutes, seconds = stream.metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    alone = len(container.streams) == 1
    return container.duration / 1e6 if container.duration and alone else None


def _end(container: InputContainer, stream: VideoStream, clock: Clock, said: float | None) -> float | None:
    """When the last frame ends, read from the end of the file. None where that cannot be sought."""
    import av

    if clock.counted and said:
        return said
    near = said or (container.duration or 0) / 1e6
    if not near:
        return None
    try:
        container.seek(clock.pts(max(0.0, near - 1)), stream=stream)
        shown = (packet for packet in container.demux(stream) if packet.size and not packet.is_discard)
        last = max(((packet.pts, packet.duration) for packet in shown if packet.pts is not None), default=None)
    except av.FFmpegError:
        return None
    return end_of(stream, clock, *last) if last is not None else None


def _from_the_beginning(
    container: InputContainer, stream: VideoStream, first: list[Packet[VideoStream]]
) -> Iterator[Packet[VideoStream]]:
    """All packets; those that were read before, where there is no way back."""
    import av

    try:
        container.seek(container.start_time or 0)
        yield from container.demux(stream)
    except av.FFmpegError:
        yield from chain(first, container.demux(stream))


def audio_head(path: Path) -> float | None:
    """Seconds of sound, None if the header does not say. Raises `MediaError` for what holds no sound."""
    plain = _wave_seconds(path)
    if plain is not None:
        return plain
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        stream = container.streams.audio[0]
        if not stream.codec_context.sample_rate:
            raise MediaError(f"{path}: holds no sound that can be decoded")
        return _seconds(container, stream.duration, stream.time_base)


def promised_seconds(path: Path) -> float | None:
    """Seconds that the header of a plain WAV file says, whatever of them is there. None for other files, and where the
    header was written before the sound was (its length is then the largest that fits)."""
    import wave

    try:
        with wave.open(str(path), "rb") as sound:
            size = sound.getnframes() * sound.getnchannels() * sound.getsampwidth()
            return sound.getnframes() / sound.getframerate() if size < STREAMED and sound.getframerate() else None
    except (OSError, EOFError, wave.Error):
        return None


def _wave_seconds(path: Path) -> float | None:
    """Of a plain WAV file, as far as its bytes reach; FFmpeg's libraries take a moment to load."""
    import wave

    try:
        with wave.open(str(path), "rb") as sound:
            frame = sound.getnchannels() * sound.getsampwidth()
            there, rate = min(sound.getnframes(), path.stat().st_size // frame), sound.getframerate()
            return there / rate or None if rate else None
    except (OSError, EOFError, wave.Error):
        return None


def _seconds(container: InputContainer, duration: int | None, time_base: object) -> float | None:
    if duration and time_base:
        return float(duration * time_base)  # type: ignore[operator]
    return container.duration / 1e6 if container.duration else None
