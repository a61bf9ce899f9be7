"""What drives a shot is enough for all of it, or that is said before a worker is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.errors import Problem
from flows.planning.reach import reach_problems
from flows.shots import ClipCut, Part
from flows.storyboard.model import Control, VideoToVideo
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.families import FAMILIES
from wan.variants import VARIANTS

VIDEO = Path("/films/walk.mp4")
FILES = {VIDEO: "0" * 64}


def test_a_strength_takes_at_least_one_step(
    shot: MakeShot, film: MakeFilm, plan: MakePlan, problems: Callable[..., list[Problem]]
) -> None:
    changed = shot("a", video=VideoToVideo(VIDEO, 0.05))
    (found,) = problems(film(changed), digests=FILES)
    assert found.message == "a strength of 0.05 takes none of the 12 steps"
    assert found.fix == "at least 0.084, or more steps"
    assert plan(film(changed), digests=FILES, render={"num_inference_steps": 20}).clips


@pytest.mark.parametrize(("seconds", "enough"), [(10.0, True), (5.07, True), (5.0, False), (2.0, False)])
def test_every_clip_begins_before_its_control_video_ends(shot: MakeShot, seconds: float, enough: bool) -> None:
    part = Part(VARIANTS["vace-fun-a14b"], FAMILIES["wan22"].roles["vace-fun-a14b"])
    clips = [ClipCut(part, 81, 0, 81), ClipCut(part, 81, 1, 80, start=80)]
    long = shot("a", control=Control(VIDEO))
    found = list(reach_problems(long, clips, part.variant.sampling, 16, {VIDEO: seconds}))
    assert len(found) == (not enough)
    assert all("walk.mp4 ends after" in each.message and "begins at 5.00 s" in each.message for each in found)


def test_a_scale_alone_is_nothing_to_follow(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    (found,) = problems(film(shot("a", control=Control(scale=0.5))), model="wan22")
    assert "vace-fun-a14b needs something to follow" in found.message
    assert found.fix == "add `video` or `references` to it, or a camera path such as `slow pan left`"
