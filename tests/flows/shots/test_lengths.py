"""How long shots are, in frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.shots import ANY_FAMILY, Part, clip_frames, film_fps, film_frames, hidden_frames, is_joined, part_of
from flows.storyboard.model import Continuity, Format, Motion, Shot, VideoToVideo
from tests.flows.shots.conftest import FILE, film, shot
from wan.families import FAMILIES, Family, Role

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


def test_a_frame_that_the_film_has_shown_is_hidden_but_for_speech() -> None:
    after = Continuity("s.b")
    assert hidden_frames(shot()) == 0
    assert (hidden_frames(shot(continuity=after)), is_joined(shot(continuity=after))) == (1, False)
    assert (hidden_frames(shot(continuity=after, audio=FILE)), is_joined(shot(continuity=after, audio=FILE))) == (
        0,
        True,
    )


def test_frames_of_the_film_are_counted_at_the_clips_rate() -> None:
    assert clip_frames(48, part("s2v-14b"), 24) == 32
    assert clip_frames(49, part("s2v-14b"), 24) == 33
    assert clip_frames(48, part("t2v-a14b"), 24) == 48
