"""How long shots are, in frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.shots import (
    ANY_FAMILY,
    Part,
    clip_frames,
    film_fps,
    film_frames,
    hidden_frames,
    is_joined,
    overlap_of,
    part_of,
)
from flows.shots.lengths import whole_latents
from flows.storyboard.model import Continuity, Format, Motion, Shot, VideoToVideo
from tests.flows.shots.conftest import FILE, film, shot
from wan.families import FAMILIES, Family, Role
from wan.variants import VARIANTS

TINY = FAMILIES["tiny"]
ONE_MODEL = Family(name="wan22-5b", roles={"ti2v-5b": Role(variant="ti2v-5b", folder="x")})
WALK = Path("/films/walk.mp4")


def part(variant: str, family: Family = TINY) -> Part:
    found = part_of(family, variant)
    assert found is not None
    return found


def test_the_rate_is_that_of_the_first_shot_the_family_can_render() -> None:
    board = film(shot(audio=FILE), shot())
    assert film_fps(board, TINY) == 16
    assert film_fps(board, ONE_MODEL) == 24
    assert film_fps(replace(board, format=Format(fps=12.5)), TINY) == 12.5
    assert film_fps(film(shot(audio=FILE)), ONE_MODEL) == 24, "of a film that it cannot render, the family's"


def test_shots_that_are_fixed_in_time_leave_the_rate_to_the_others() -> None:
    def rate(*shots: Shot) -> float:
        return film_fps(film(*shots), ANY_FAMILY)

    dances = shot(motion=Motion(FILE), image=FILE)
    assert rate(dances, shot(audio=FILE)) == 30
    assert rate(dances, shot()) == rate(shot(), dances) == 16
    assert rate(dances, shot(variant="ti2v-5b"), shot()) == 24


@pytest.mark.parametrize(("seconds", "fps", "frames"), [(2, 16, 32), (2, 24, 48), (2.01, 16, 33), (0.001, 16, 1)])
def test_a_duration_is_never_cut_short(seconds: float, fps: float, frames: int) -> None:
    assert film_frames(shot(duration=seconds), part("t2v-a14b"), fps, {}) == frames


def test_a_shot_without_a_duration_is_as_long_as_what_drives_it_or_one_clip() -> None:
    changed = shot(video=VideoToVideo(WALK, 0.5))
    assert film_frames(changed, part("t2v-a14b"), 16, {WALK: 3.0}) == 48
    assert film_frames(changed, part("t2v-a14b"), 16, {}) == 33, "a video whose length is not known yet"
    assert film_frames(shot(), part("t2v-a14b"), 16, {WALK: 3.0}) == 33
    assert film_frames(shot(continuity=Continuity("s.b")), part("i2v-a14b"), 16, {}) == 32
    assert film_frames(shot(audio=WALK), part("s2v-14b"), 24, {}) == 43, "29 frames at 16 a second, of a film of 24"


def test_frames_that_the_film_has_shown_are_hidden_but_for_speech() -> None:
    after, image, speech = Continuity("s.b"), part("i2v-a14b"), part("s2v-14b")
    assert hidden_frames(shot(), image) == 0
    assert (hidden_frames(shot(continuity=after), image), is_joined(shot(continuity=after))) == (1, False)
    speaks = shot(continuity=after, audio=FILE)
    assert (hidden_frames(speaks, speech), is_joined(speaks)) == (0, True)


def test_an_overlap_hides_its_frames_and_a_look_none() -> None:
    vace = part("vace-fun-a14b")
    overlaps = shot(continuity=Continuity("s.b", "overlap", 13))
    assert hidden_frames(overlaps, vace) == overlap_of(overlaps, vace) == 13
    usual = shot(continuity=Continuity("s.b", "overlap"))
    assert hidden_frames(usual, vace) == overlap_of(shot(), vace) == VARIANTS["vace-fun-a14b"].overlap
    assert hidden_frames(shot(continuity=Continuity("s.b", "reference")), vace) == 0
    assert film_frames(overlaps, vace, 16, {}) == 33 - 13, "without a duration, what is left of one clip"


@pytest.mark.parametrize(("frames", "whole"), [(0, 1), (1, 1), (4, 1), (5, 5), (12, 9), (13, 13)])
def test_the_first_frame_has_a_latent_and_then_four_have_one(frames: int, whole: int) -> None:
    assert whole_latents(frames) == whole


def test_frames_of_the_film_are_counted_at_the_clips_rate() -> None:
    assert clip_frames(48, part("s2v-14b"), 24) == 32
    assert clip_frames(49, part("s2v-14b"), 24) == 33
    assert clip_frames(48, part("t2v-a14b"), 24) == 48
