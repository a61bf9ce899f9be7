"""What the header of a sound or video file says: kind, size and length. Of the rest only a video's first frames are
read, which alone say how it is shown, and its last, which say how much of it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from struct import Struct
from struct import error as struct_error
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.clock import end_of, read_times
from flows.media.containers import open_media
from flows.media.sound import sound_stream
from flows.media.streams import main_picture
from flows.media.video import FirstLook, probe_video
from flows.media.webp import is_webp

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
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
EXACT = frozenset({"aiff", "flac", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Formats, by FFmpeg's names, that say how long their sound is beside the sound itself. Others guess it from bytes."""
PLAIN = frozenset({1, 3, 6, 7, 0xFFFE})
"""WAV's formats in which every sample takes the same room: integers, floats, A-law, µ-law, and `EXTENSIBLE`."""
_CHUNK, _FORMAT = Struct("<4sI"), Struct("<HHIIH")


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
    plain = _wave(path)
    if plain is not None and plain.there:
        return plain.there
    with open_media(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise MediaError(f"{path}: holds no sound")
        if not stream.codec_context.sample_rate:
            raise MediaError(f"{path}: holds no sound that can be decoded")
        seconds = _seconds(container, stream.duration, stream.time_base)
        return seconds + _late(container, stream) if seconds is not None and stream.duration else seconds


def promised_seconds(path: Path) -> float | None:
    """Seconds of sound that a file's header says, whatever of them is there. None where it does not say so exactly, or
    was written before the sound was (its length is then the largest that fits)."""
    plain = _wave(path)
    if plain is not None:
        return plain.promised
    try:
        with open_media(path) as container:
            stream = sound_stream(container)
            if stream is None or container.format.name not in EXACT or not stream.duration or not stream.time_base:
                return None
            return float(stream.duration * stream.time_base) + _late(container, stream)
    except MediaError:
        return None


class _Wave(NamedTuple):
    """Seconds of a WAV file: those that are there, and those that its header says."""

    there: float
    promised: float | None


def _wave(path: Path) -> _Wave | None:
    """Of a plain WAV file, as far as its bytes reach; FFmpeg's libraries take a moment to load."""
    try:
        with path.open("rb") as file:
            if (head := file.read(12))[:4] != b"RIFF" or head[8:] != b"WAVE":
                return None
            a_second = 0
            while len(head := file.read(_CHUNK.size)) == _CHUNK.size:
                name, size = _CHUNK.unpack(head)
                if name == b"data" and a_second:
                    there = min(size, path.stat().st_size - file.tell())
                    return _Wave(there / a_second, None if size >= STREAMED else size / a_second)
                body = file.tell()
                if name == b"fmt ":
                    kind, channels, rate, _, block = _FORMAT.unpack(file.read(_FORMAT.size))
                    if kind not in PLAIN or not channels:
                        return None
                    a_second = rate * block
                file.seek(body + size + size % 2)
    except (OSError, ValueError, struct_error):
        return None
    return None


def _late(container: InputContainer, stream: AudioStream) -> float:
    """Seconds by which the sound sets in after the file's beginning."""
    if stream.start_time is None or not stream.time_base or container.start_time is None:
        return 0.0
    return max(0.0, float(stream.start_time * stream.time_base) - container.start_time / 1e6)


def _seconds(container: InputContainer, duration: int | None, time_base: object) -> float | None:
    if duration and time_base:
        return float(duration * time_base)  # type: ignore[operator]
    return container.duration / 1e6 if container.duration else None
