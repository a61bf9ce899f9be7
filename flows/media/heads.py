"""What the header of a sound or video file says: kind, size and length. Of the rest only a video's first frame is read,
which alone says how it is turned."""

from __future__ import annotations

from pathlib import Path
from struct import Struct
from struct import error as struct_error
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.containers import open_media
from flows.media.sound import sound_stream
from flows.media.upright import upright_size

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

STREAMED = 0x7FFF0000
"""Bytes. Programs that write to a pipe say that so many or more follow: they do not know yet."""
EXACT = frozenset({"aiff", "flac", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Formats, by FFmpeg's names, that say how long their sound is beside the sound itself. Others guess it from bytes."""
PLAIN = frozenset({1, 3, 6, 7, 0xFFFE})
"""WAV's formats in which every sample takes the same room: integers, floats, A-law, µ-law, and `EXTENSIBLE`."""
_CHUNK, _FORMAT = Struct("<4sI"), Struct("<HHIIH")


class VideoHead(NamedTuple):
    """`seconds` None: the header does not say."""

    width: int
    height: int
    seconds: float | None


def video_head(path: Path) -> VideoHead:
    """Size (upright) and length of the first picture stream. Raises `MediaError` where none can be decoded."""
    with open_media(path) as container:
        if not container.streams.video:
            raise MediaError(f"{path}: holds no picture")
        stream = container.streams.video[0]
        size = upright_size(container.decode(stream))
        if size is None:
            raise MediaError(f"{path}: holds no picture that can be decoded")
        return VideoHead(*size, _seconds(container, stream.duration, stream.time_base))


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
