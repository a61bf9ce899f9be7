"""What the header of a sound or video file says: kind, size and length. Of the rest only a video's first frame is read,
which alone says how it is turned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.containers import open_media
from flows.media.upright import upright_size

if TYPE_CHECKING:
    from av.container import InputContainer

STREAMED = 0x7FFF0000
"""Bytes. Programs that write to a pipe say that so many or more follow: they do not know yet."""


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
