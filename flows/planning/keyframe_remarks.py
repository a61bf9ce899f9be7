"""What is worth a word of shots that are joined by keyframes: shots in a hurry to reach theirs, and melting joins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.planning.model import PlannedShot
from flows.storyboard.model import Shot
from flows.transitions import TRANSITIONS

QUICK = 1.1
"""Motion that is so many times as quick as a model makes it is seen to be."""


def keyframe_remarks(sources: Sequence[Shot], shots: Sequence[PlannedShot]) -> Iterator[str]:
    """In the order of the film."""
    for source, shot in zip(sources, shots, strict=True):
        if source.leads_to is not None:
            yield from _hurried(shot)
        if source.continuity is not None and source.continuity.by == "keyframes":
            yield from _melted(shot)


def _hurried(shot: PlannedShot) -> Iterator[str]:
    pace = shot.render_fps / shot.fps
    if pace > QUICK:
        frames = shot.num_frames * pace
        yield (
            f"its keyframes are {frames:.0f} rendered frames apart, so its motion is {pace:.2g} times as quick as "
            f"it is made; a duration of {frames / shot.fps:g}s shows it as it is (shot {shot.id})"
        )


def _melted(shot: PlannedShot) -> Iterator[str]:
    if shot.overlap and TRANSITIONS[shot.transition.kind].seen_through:
        yield (
            f"a {shot.transition.kind} shows what comes before the keyframe and what comes after it at once; a cut "
            f"goes through it without a seam (shot {shot.id})"
        )
