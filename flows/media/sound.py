"""Sound files: how long they are, and of how many channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.media.containers import open_media

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


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


def read_audio(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """The sound of `path` as float32 `[N]` in [−1, 1], channels averaged, and its rate in Hz. Raises `MediaError`."""
    import av
    import numpy as np

    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        stream = container.streams.audio[0]
        rate = stream.rate
        resampler = av.AudioResampler(format="fltp", rate=rate)
        pieces = [
            piece.to_ndarray().mean(axis=0, dtype=np.float32)
            for frame in [*container.decode(stream), None]
            for piece in resampler.resample(frame)
        ]
    if not pieces:
        raise MediaError(f"{path}: holds no sound")
    return np.concatenate(pieces), rate
