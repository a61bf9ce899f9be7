"""Clips whose every frame says who it is: red is the clip, green the number of the frame."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from flows.edit import Entry, SourceRange, Timeline
from flows.media import read_video, write_clip
from flows.settings import FilmSettings
from flows.transitions import TRANSITIONS

WIDTH, HEIGHT = 32, 24


def coded(clip: int, number: int) -> np.ndarray:
    """A flat frame: red 40 + 30 × clip, green 8 + 6 × number, blue 128."""
    return np.full((HEIGHT, WIDTH, 3), (40 + 30 * clip, 8 + 6 * number, 128), np.uint8)


def decoded(frame: np.ndarray) -> tuple[int, int]:
    """(clip, number) of a frame that went through an encoder."""
    red, green, _ = np.median(frame.reshape(-1, 3), axis=0)
    return round((float(red) - 40) / 30), round((float(green) - 7) / 6)


def pictures(path: Path) -> list[np.ndarray]:
    return list(read_video(path))


def samples(path: Path) -> np.ndarray:
    """All sound of a file as float `[channels, samples]`."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def write_tone(path: Path, seconds: float, frequency: float = 440.0, level: float = 0.3, rate: int = 48_000) -> Path:
    wanted = np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * frequency / rate) * level
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((wanted * 32767).astype("<i2").tobytes())
    return path


MakeClip = Callable[[int, int], Path]
MakeTimeline = Callable[..., Timeline]


@pytest.fixture
def settings(tmp_path: Path) -> FilmSettings:
    return FilmSettings(outputs=tmp_path, subfolder=None, crf=6, preset="ultrafast", ffmpeg=None)


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """`make_clip(clip, frames)`: a coded clip on disk."""

    def make(clip: int, frames: int, fps: float = 24.0) -> Path:
        path = tmp_path / f"clip-{clip}-{frames}-{fps:g}.mkv"
        return path if path.exists() else write_clip((coded(clip, k) for k in range(frames)), fps, path)

    return make


@pytest.fixture
def film_of(make_clip: MakeClip) -> MakeTimeline:
    """`film_of([(frames, transition, overlap), ...])`: a timeline of coded clips, clip k for the k-th shot."""

    def make(shots: Iterable[tuple[int, str, int]], rate: Fraction = Fraction(24), **rest: object) -> Timeline:
        entries: list[Entry] = []
        for clip, (frames, transition, overlap) in enumerate(shots):
            entries.append(
                Entry(
                    shot=f"scene.shot-{clip}",
                    ranges=(SourceRange(make_clip(clip, frames), 0, frames),),
                    frames=frames,
                    start=entries[-1].end - overlap if entries else 0,
                    rate=rate,
                    width=WIDTH,
                    height=HEIGHT,
                    transition=transition,
                    overlap=overlap,
                    blend=TRANSITIONS[transition].both_seen(overlap, rate, goes_on=False),
                )
            )
        values: dict[str, object] = {"title": "A film", "width": WIDTH, "height": HEIGHT, **rest}
        return Timeline(rate=rate, entries=tuple(entries), **values)  # type: ignore[arg-type]

    return make
