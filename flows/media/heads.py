"""What the header of a sound or video file says: kind, size and length, without reading the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.containers import open_media

if TYPE_CHECKING:
    from av.container import InputContainer


class VideoHead(NamedTuple):
    """`seconds` None: the header does not say."""

    width: int
    height: int
    seconds: float | None


def video_head(path: Path) -> VideoHead:
    """Size and length of the first picture stream. Raises `MediaError` for what holds none that can be decoded."""
    with open_media(path) as container:
        if not container.streams.video:
            raise MediaError(f"{path}: holds no picture")
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        if not width or not height:
            raise MediaError(f"{path}: holds no picture that can be decoded")
        return VideoHead(width, height, _seconds(container, stream.duration, stream.time_base))


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


def _wave_seconds(path: Path) -> float | None:
    """Of a plain WAV file, as far as its bytes reach; FFmpeg's libraries take a moment to load."""
    import wave

    try:
        with wave.open(str(path), "rb") as sound:
            frame = sound.getnchannels() * sound.getsampwidth()
            there = min(sound.getnframes(), path.stat().st_size // frame)
            return there / sound.getframerate() or None
    except (OSError, EOFError, wave.Error):
        return None


def _seconds(container: InputContainer, duration: int | None, time_base: object) -> float | None:
    if duration and time_base:
        return float(duration * time_base)  # type: ignore[operator]
    return container.duration / 1e6 if container.duration else None
