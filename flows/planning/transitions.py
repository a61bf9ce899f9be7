"""Transitions in frames: how far each shot overlaps the one before, and how long the film is then."""

from __future__ import annotations

from collections.abc import Sequence

from flows.errors import Problem
from flows.planning.model import PlannedShot
from flows.storyboard.model import Shot, Transition


def overlap_frames(transition: Transition, fps: float) -> int:
    """How many frames both shots share: none in a cut, else the duration to the nearest frame."""
    return 0 if transition.kind == "cut" else round(transition.duration * fps)


def overlaps(shots: Sequence[PlannedShot], fps: float) -> list[int]:
    """For every shot of the film, by how many frames it overlaps the one before; 0 for the first."""
    return [overlap_frames(shot.transition, fps) if index else 0 for index, shot in enumerate(shots)]


def blended(shot: Shot, before: str | None, source: str | None, fps: float) -> int:
    """How many frames of `source`, the shot that this one goes on from, are blended with it: as many as it overlaps
    the shot `before` it in the film, if that is the one. Both full ids.

    It starts from the frame before those: while they blend, both shots show the same moment, and nobody is seen twice.
    """
    return overlap_frames(shot.transition, fps) if source is not None and source == before else 0


def _longest(frames: int, fps: float) -> str:
    """What to do where so many frames are left for a transition."""
    return f"at most {int(frames / fps * 100) / 100:g}s" if frames / fps >= 0.01 else "use `transition: cut`"


def transition_problems(
    shots: Sequence[PlannedShot], sources: Sequence[Shot], fps: float, shared: Sequence[int]
) -> list[Problem]:
    """Transitions that are longer than the shots they join, or that meet inside a shot."""
    problems = []
    for index, frames in enumerate(shared):
        shot = shots[index]
        if frames == 0:
            continue
        before = shots[index - 1]
        room = min(shot.num_frames, before.num_frames - shared[index - 1])
        if frames >= room:
            problems.append(
                Problem(
                    sources[index].where("transition.duration"),
                    f"a {shot.transition.kind} of {shot.transition.duration:g}s is longer than its shots allow: "
                    f"{before.id} has {(before.num_frames - shared[index - 1]) / fps:.2f}s left, "
                    f"{shot.id} lasts {shot.num_frames / fps:.2f}s",
                    f"{_longest(room - 1, fps)}, or make the shots longer",
                    shot.id,
                )
            )
    return problems
