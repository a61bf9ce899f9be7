"""When what happens in the film: where shots are first seen, how far they overlap, where voices begin. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.media.clips import exact_rate
from flows.planning.model import PlannedVoice
from flows.storyboard.model import Cue, Storyboard, Transition


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a film of `num_frames` frames at `fps`, by the full ids of its shots: the film's frame where each is first
    seen, and how many of its first frames it shares with the shot before."""

    starts: Mapping[str, int]
    overlaps: Mapping[str, int]
    num_frames: int
    fps: float

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return self.num_frames / self.fps

    def of(self, cue: Cue) -> float:
        """Seconds into the film; of a cue outside it, less than none or more than there are."""
        start = float(self.starts[cue.shot] / exact_rate(self.fps)) if cue.shot else 0.0
        return start + cue.offset


def film_moments(shots: Iterable[tuple[str, int, Transition]], fps: float) -> Moments:
    """`shots` are full id, frames in the film before transitions overlap, and the transition into each."""
    starts: dict[str, int] = {}
    overlaps: dict[str, int] = {}
    end = 0
    for name, frames, transition in shots:
        overlaps[name] = overlap_frames(transition, fps) if starts else 0
        starts[name] = end - overlaps[name]
        end = starts[name] + frames
    return Moments(starts, overlaps, end, fps)


def overlap_frames(transition: Transition, fps: float) -> int:
    """How many frames both shots share: none in a cut, else the duration to the nearest frame."""
    return 0 if transition.kind == "cut" else round(transition.duration * fps)


def planned_voices(storyboard: Storyboard, moments: Moments) -> tuple[PlannedVoice, ...]:
    """The voices of the soundtrack with the moments at which they begin."""
    voices = storyboard.soundtrack.voiceover
    return tuple(PlannedVoice(voice.file, moments.of(voice.at), voice.gain_db) for voice in voices)
