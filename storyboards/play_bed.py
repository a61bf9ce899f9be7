"""Plays `assets/bed.m4a`, the music of the example films: a soft arpeggio over warm chords, 24 s, made of sines.

    python storyboards/play_bed.py

It loops without a seam: what still rings at the end is laid over the beginning.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 48_000
BAR = 3.0
"""Seconds of a bar: 80 beats a minute, four to a bar."""
CHORDS = (
    (45, (57, 64, 67, 71, 72)),  # A minor 9
    (41, (57, 60, 64, 67, 72)),  # F major 9
    (48, (55, 60, 64, 67, 74)),  # C add 9
    (43, (55, 59, 62, 69, 74)),  # G add 9
    (45, (57, 64, 67, 71, 76)),
    (41, (57, 60, 64, 69, 72)),
    (38, (57, 60, 65, 69, 76)),  # D minor 9
    (43, (55, 60, 62, 69, 71)),  # G suspended, resolving
)
"""Bass and upper notes of each bar, as MIDI numbers."""
PATTERN = (0, 2, 3, 1, 4, 2, 3, 1)
"""Which upper note each eighth of a bar plays."""

Sound = np.ndarray


def frequency(note: float) -> float:
    """Hertz of a MIDI number."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def kalimba(note: int, seconds: float = 2.4) -> Sound:
    """A plucked tine: a few partials, the higher ones gone sooner, and no click at the start."""
    time = np.arange(round(seconds * RATE)) / RATE
    partials = ((1.0, 1.0, 2.2), (2.0, 0.22, 3.6), (3.01, 0.10, 6.0), (5.4, 0.035, 14.0))
    tone = sum(
        level * np.exp(-decay * time) * np.sin(2 * np.pi * frequency(note) * ratio * time)
        for ratio, level, decay in partials
    )
    return np.asarray(tone) * np.minimum(1, time / 0.006)


def pad(note: int, seconds: float) -> Sound:
    """A slow, warm tone of three slightly untuned voices."""
    time = np.arange(round(seconds * RATE)) / RATE
    voices = sum(
        np.sin(2 * np.pi * frequency(note + detune) * time) + 0.25 * np.sin(4 * np.pi * frequency(note - detune) * time)
        for detune in (-0.05, 0.0, 0.06)
    )
    return np.asarray(voices) / 3 * np.sin(np.pi * np.minimum(1, time / seconds)) ** 0.8


def lay(film: Sound, sound: Sound, at: float, level: float, side: float) -> None:
    """Add `sound` at a moment (seconds), `side` from -1 (left) to 1; what passes the end goes on at the beginning."""
    where = (round(at * RATE) + np.arange(len(sound))) % film.shape[1]
    angle = (side + 1) * np.pi / 4
    film[0, where] += sound * level * np.cos(angle)
    film[1, where] += sound * level * np.sin(angle)


def room(film: Sound, seconds: float = 1.8, wet: float = 0.30) -> Sound:
    """The sound in a soft room: convolved, in a circle, with noise that dies away and grows duller."""
    rng = np.random.default_rng(80)
    time = np.arange(round(seconds * RATE)) / RATE
    echoes = []
    for channel in film:
        noise = rng.standard_normal(len(time)) * np.exp(-3.2 * time / seconds * 2)
        noise = np.convolve(noise, np.hanning(40) / np.hanning(40).sum(), mode="same")
        spectrum = np.fft.rfft(noise / np.sqrt(np.sum(noise**2)), film.shape[1])
        echoes.append(np.fft.irfft(np.fft.rfft(channel) * spectrum, film.shape[1]))
    return film + wet * np.stack(echoes)


def bed() -> Sound:
    """Stereo float `[2, samples]`, peak at -3 dBFS."""
    film = np.zeros((2, round(BAR * len(CHORDS) * RATE)))
    rng = np.random.default_rng(7)
    for bar, (bass, upper) in enumerate(CHORDS):
        begin = bar * BAR
        lay(film, pad(bass, BAR * 1.25), begin - 0.2, 0.30, 0.0)
        for number, note in enumerate(upper[:4]):
            lay(film, pad(note, BAR * 1.25), begin - 0.2, 0.075, (-0.6, 0.6, -0.25, 0.25)[number])
        for eighth, which in enumerate(PATTERN):
            late = begin + eighth * BAR / 8 + rng.normal(0, 0.006)
            accent = 0.30 if eighth == 0 else 0.19 + 0.04 * (eighth % 2)
            lay(film, kalimba(upper[which] + 12), late, accent * rng.uniform(0.85, 1.0), rng.uniform(-0.45, 0.45))
    film = room(film)
    return film / np.abs(film).max() * 10 ** (-3 / 20)


def write(sound: Sound, path: Path) -> None:
    """Write stereo float `[2, samples]` as AAC in an `.m4a`; the same bytes every time."""
    with av.open(str(path), "w", format="ipod", options={"fflags": "+bitexact", "movflags": "+faststart"}) as file:
        stream = file.add_stream("aac", rate=RATE, layout="stereo")
        stream.bit_rate = 88_000
        for begin in range(0, sound.shape[1], 1024):
            block = np.ascontiguousarray(sound[:, begin : begin + 1024], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, begin
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    write(bed(), Path(__file__).parent / "assets" / "bed.m4a")
