"""Sound files: which stream of theirs is heard, how long it is, and its samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.errors import MediaError
from flows.media.containers import open_media

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

LATEST = 600.0
"""Seconds. Sound that would begin later than this in its file has broken timestamps, and begins at once."""


class Sound(NamedTuple):
    """The sound that is heard of a file. `stream`: its number in the file; `channels`: what each is for (`FL`, `LFE`,
    …; `NONE` where the file does not say); `late`: seconds of silence before it, as in videos whose sound sets in
    after the picture."""

    stream: int
    channels: tuple[str, ...]
    rate: int
    late: float


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The stream a player plays: none that is a commentary, or made for people who hear or see little, where there is
    another; the default one before others, then the first."""
    from av.stream import Disposition

    beside = (
        Disposition.comment | Disposition.hearing_impaired | Disposition.visual_impaired | Disposition.clean_effects
    )

    def rank(stream: AudioStream) -> tuple[bool, bool, bool, int]:
        role = stream.disposition
        return stream.codec_context is None, bool(role & beside), not role & Disposition.default, stream.index

    return min(container.streams.audio, key=rank, default=None)


def probe_sound(path: Path) -> Sound:
    """What is heard of `path`. Raises `MediaError` for what holds no sound, or none that can be decoded."""
    with open_media(path) as container:
        stream = _heard(container, path)
        for frame in _frames(container, stream):
            channels = tuple(channel.name for channel in frame.layout.channels)
            return Sound(stream.index, channels, frame.sample_rate, _late(container, frame))
    raise MediaError(f"{path}: holds no sound that can be decoded")


def probe_audio(path: Path) -> float:
    """Seconds of sound in `path`, counted from its samples: headers of MP3 and streamed files guess.

    Raises `MediaError` for what holds no sound, is broken, or holds numbers that are none.
    """
    import numpy as np

    with open_media(path) as container:
        seconds = 0.0
        for frame in _frames(container, _heard(container, path)):
            if frame.format.name in ("flt", "dbl") and not np.isfinite(frame.to_ndarray()).all():
                raise MediaError(f"{path}: holds samples that are no numbers (NaN or infinite)")
            seconds = (seconds or _late(container, frame)) + frame.samples / frame.sample_rate
    if not seconds:
        raise MediaError(f"{path}: holds no sound that can be decoded")
    return seconds


def read_audio(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """The sound of `path` as float32 `[N]` in [−1, 1], channels averaged, and its rate in Hz. Raises `MediaError`."""
    import av
    import numpy as np

    with open_media(path) as container:
        pieces: list[npt.NDArray[np.float32]] = []
        rate, form, resampler = 0, None, None
        for frame in _frames(container, _heard(container, path)):
            if resampler is None or form != (frame.format.name, frame.layout, frame.sample_rate):
                pieces += _flushed(resampler)
                if not rate:
                    rate = frame.sample_rate
                    pieces.append(np.zeros(round(_late(container, frame) * rate), np.float32))
                form = (frame.format.name, frame.layout, frame.sample_rate)
                resampler = av.AudioResampler(format="flt", rate=rate)
            pieces += [_averaged(piece) for piece in resampler.resample(frame)]
        pieces += _flushed(resampler)
    if not rate:
        raise MediaError(f"{path}: holds no sound that can be decoded")
    return np.concatenate(pieces), rate


def _heard(container: InputContainer, path: Path) -> AudioStream:
    stream = sound_stream(container)
    if stream is None:
        raise MediaError(f"{path}: holds no sound")
    return stream


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """What can be decoded. A broken packet, such as the last one of a file that is cut, is left out, as by ffmpeg."""
    from av.error import InvalidDataError

    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except InvalidDataError:
            continue


def _late(container: InputContainer, first: AudioFrame) -> float:
    """Seconds from the beginning of the file to its first sound: what encoders put before that, decoders take away."""
    if first.time is None or container.start_time is None:
        return 0.0
    late = float(first.time - container.start_time / 1e6)
    return late if 0 < late <= LATEST else 0.0


def _flushed(resampler: object) -> list[npt.NDArray[np.float32]]:
    return [_averaged(piece) for piece in resampler.resample(None)] if resampler else []  # type: ignore[attr-defined]


def _averaged(frame: AudioFrame) -> npt.NDArray[np.float32]:
    """Packed samples: PyAV reads past the end of planar frames of 8 channels and more."""
    import numpy as np

    channels = len(frame.layout.channels)
    mean: npt.NDArray[np.float32] = frame.to_ndarray().reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mean
