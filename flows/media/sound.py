"""Sound files: how long they are, and of how many channels."""

from __future__ import annotations

from pathlib import Path

from flows.errors import MediaError
from flows.media.containers import open_media


def probe_audio(path: Path) -> float:
    """Seconds of sound in `path`, counted from its samples: headers of MP3 and streamed files guess.

    Raises `MediaError` for what holds no sound or is broken.
    """
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        samples = 0
        rate = 0
        for frame in container.decode(container.streams.audio[0]):
            samples += frame.samples
            rate = frame.sample_rate
    if not samples:
        raise MediaError(f"{path}: holds no sound")
    return samples / rate


def probe_channels(path: Path) -> int:
    """How many channels the first sound stream of `path` has. Raises `MediaError`."""
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        return container.streams.audio[0].channels
