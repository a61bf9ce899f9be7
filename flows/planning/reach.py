"""Whether what drives a shot is enough for it: steps for a video's strength, control for every one of its clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path

from flows.errors import Problem
from flows.shots import ClipCut
from flows.shots.inputs import ending
from flows.storyboard.model import Shot
from wan.request import Sampling


def reach_problems(
    shot: Shot, clips: Sequence[ClipCut], sampling: Sampling, fps: float, seconds: Mapping[Path, float]
) -> Iterator[Problem]:
    """What a worker would refuse only after the clips before it. `sampling` is that of the first clip, `fps` the
    film's; `seconds` says how long the videos are."""
    if shot.video is not None and sampling.steps_taken(shot.video.strength) == 0:
        steps = sampling.num_inference_steps
        message = f"a strength of {shot.video.strength:g} takes none of the {steps} step{'s' * (steps > 1)}"
        fix = f"at least {ceil(1000 / steps) / 1000:g}, or more steps"
        yield Problem(shot.where("video.strength"), message, fix, shot.full_id)
    rate, last = clips[0].part.rate(fps), clips[-1].start
    for row, path, end in ending(shot):
        if end.needed and path in seconds and max(1, round(seconds[path] * rate)) <= last:
            message = (
                f"{path.name} ends after {seconds[path]:.2f} s, and a clip of the shot begins at {last / rate:.2f} s"
            )
            yield Problem(shot.where(row.key), message, "make the shot shorter, or the video longer", shot.full_id)
