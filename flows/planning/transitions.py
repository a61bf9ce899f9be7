"""Transitions that do not fit the shots they join."""

from __future__ import annotations

from collections.abc import Sequence

from flows.errors import Problem
from flows.planning.model import PlannedShot
from flows.storyboard.model import Shot


def transition_problems(shots: Sequence[PlannedShot], sources: Sequence[Shot]) -> list[Problem]:
    """Transitions that are longer than the shots they join, or that meet inside a shot."""
    problems = []
    for index, shot in enumerate(shots):
        if shot.overlap == 0:
            continue
        before = shots[index - 1]
        room = min(shot.num_frames, before.num_frames - before.overlap)
        if shot.overlap >= room:
            problems.append(
                Problem(
                    sources[index].where("transition.duration"),
                    f"a {shot.transition.kind} of {shot.transition.duration:g}s is longer than its shots allow: "
                    f"{before.id} has {(before.num_frames - before.overlap) / shot.fps:.2f}s left, "
                    f"{shot.id} lasts {shot.num_frames / shot.fps:.2f}s",
                    f"{_longest(room - 1, shot.fps)}, or make the shots longer",
                    shot.id,
                )
            )
    return problems


def _longest(frames: int, fps: float) -> str:
    """What to do where so many frames are left for a transition."""
    return f"at most {int(frames / fps * 100) / 100:g}s" if frames / fps >= 0.01 else "use `transition: cut`"
