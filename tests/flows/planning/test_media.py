"""Shots driven by a sound or a video: which variant, at which rate, in how many clips, and what each is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.clips import Medium
from flows.errors import Problem
from flows.storyboard.model import CastMember, Continuity, Control, Format, Motion, Size, VideoToVideo
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.families import Family, Role
from wan.variants import VARIANTS

SPEECH, FACE, DANCE = Path("/films/talk.wav"), Path("/films/face.png"), Path("/films/dance.mp4")
CONTROL, REFERENCE = Path("/films/depth.mp4"), Path("/films/ref.png")
FILES = {path: path.stem.ljust(64, "0") for path in (SPEECH, FACE, DANCE, CONTROL, REFERENCE)}


@pytest.fixture(autouse=True)
def every_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family with all variants, at their own sizes."""
    roles = {name: Role(variant=name, folder=name) for name in VARIANTS}
    monkeypatch.setattr("flows.resolve.look.FAMILIES", {"tiny": Family(name="all", roles=roles)})


def test_a_shot_that_speaks_is_as_long_as_its_sound_in_clips_that_carry_on(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    talk = shot("talk", image=FACE, audio=SPEECH, duration=None)
    made = plan(film(talk), digests=FILES, media_seconds={SPEECH: 12.0})
    (planned,) = made.shots
    clips = planned.takes[0].clips
    assert planned.variant == "s2v-14b"
    assert (planned.num_frames, planned.fps, planned.audio) == (192, 16, FILES[SPEECH])
    assert sum(clip.keep for clip in clips) == 192
    assert [clip.spec.num_frames % 4 for clip in clips] == [1, 0, 0]
    assert [clip.spec.start_frame for clip in clips] == [0, 73, 149]
    assert [clip.skip_first for clip in clips] == [0, 0, 0]
    assert [clip.spec.hand_off and clip.spec.hand_off.what for clip in clips] == [None, "carried", "carried"]
    assert {clip.spec.image for clip in clips} == {FILES[FACE]}
    assert {clip.spec.media for clip in clips} == {(Medium("audio", FILES[SPEECH]),)}


def test_a_duration_cuts_a_speech_short(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    talk = shot("talk", image=FACE, audio=SPEECH, duration=2.0)
    made = plan(film(talk), digests=FILES, media_seconds={SPEECH: 12.0})
    assert made.shots[0].num_frames == 32
    assert len(made.shots[0].takes[0].clips) == 1


def test_a_figure_moves_at_its_own_rate_in_a_film_of_another(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    dance = shot("dance", image=FACE, motion=Motion(DANCE, "replace"), duration=None)
    made = plan(film(dance, format=Format(Size(1280, 720), 24)), digests=FILES, media_seconds={DANCE: 5.0})
    (planned,) = made.shots
    first, second = planned.takes[0].clips
    assert planned.variant == "animate-14b"
    assert (planned.num_frames, planned.fps, planned.render_fps) == (120, 24, 30)
    assert first.keep + second.keep == 150
    assert second.spec.start_frame == first.spec.num_frames - 1
    assert (second.skip_first, second.spec.hand_off and second.spec.hand_off.what) == (1, "carried")
    assert first.spec.media == (Medium("motion", FILES[DANCE], "replace"),)


def test_each_shot_has_the_size_its_variant_can_do(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    shots = (shot("a"), shot("talk", image=FACE, audio=SPEECH), shot("b", variant="ti2v-5b"))
    made = plan(film(*shots, format=Format(Size(1280, 720))), digests=FILES, media_seconds={SPEECH: 2.0})
    assert [(one.width, one.height) for one in made.shots] == [(1280, 720), (1280, 704), (1280, 704)]
    assert (made.width, made.height) == (1280, 720)


def test_control_mask_and_references_are_given_by_name(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    steered = shot("x", control=Control(CONTROL, None, (REFERENCE, FACE)), duration=None)
    made = plan(film(steered), digests=FILES, media_seconds={CONTROL: 3.0})
    assert made.shots[0].num_frames == 48
    assert [medium.name for medium in made.clips[0].spec.media] == ["control", "references", "references"]


def test_who_speaks_may_move_as_a_pose_video_does(
    shot: MakeShot, film: MakeFilm, plan: MakePlan, problems: Callable[..., list[Problem]]
) -> None:
    posed = shot("a", image=FACE, audio=SPEECH, motion=Motion(pose=DANCE))
    made = plan(film(posed), digests=FILES, media_seconds={SPEECH: 2.0})
    assert [medium.name for medium in made.clips[0].spec.media] == ["audio", "pose"]
    (found,) = problems(film(shot("b", image=FACE, audio=SPEECH, motion=Motion(DANCE))), digests=FILES)
    assert "s2v-14b moves as a ready-made pose video does, and cannot use `video`" in found.message


def test_a_video_is_changed_as_far_as_its_strength_says(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    changed = shot("x", video=VideoToVideo(CONTROL, 0.6), duration=None)
    (clip,) = plan(film(changed), digests=FILES, media_seconds={CONTROL: 3.0}).clips
    assert (clip.spec.variant, clip.spec.strength, clip.spec.num_frames) == ("t2v-a14b", 0.6, 49)
    assert clip.spec.media == (Medium("video", FILES[CONTROL]),)


@pytest.mark.parametrize(("key", "overlap", "length"), [("video", 5, 57), ("control", 9, 61)])
def test_along_a_long_video_every_clip_begins_with_frames_of_the_one_before(
    shot: MakeShot, film: MakeFilm, plan: MakePlan, key: str, overlap: int, length: int
) -> None:
    given = {"video": VideoToVideo(CONTROL, 0.6)} if key == "video" else {"control": Control(CONTROL)}
    made = plan(film(shot("x", duration=None, **given)), digests=FILES, media_seconds={CONTROL: 10.0})
    clips = made.shots[0].takes[0].clips
    assert len({clip.spec.variant for clip in clips}) == 1
    assert [clip.spec.num_frames for clip in clips] == [length] * 3
    assert [clip.spec.start_frame for clip in clips] == [0, length - overlap, 2 * (length - overlap)]
    assert [clip.skip_first for clip in clips] == [0, overlap, overlap]
    assert sum(clip.keep for clip in clips) == 160
    handed = [clip.spec.hand_off for clip in clips]
    assert [each and (each.what, each.count) for each in handed] == [None, ("frames", overlap), ("frames", overlap)]


def test_a_video_that_ends_before_the_last_clip_begins_is_too_short(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    changed = shot("x", video=VideoToVideo(CONTROL, 0.6), duration=10.0)
    (found,) = problems(film(changed), digests=FILES, media_seconds={CONTROL: 6.0})
    assert "depth.mp4 ends after 6.00 s, and a clip of the shot begins at 6.50 s" in found.message


def test_who_speaks_goes_on_from_a_shot_that_is_the_picture_or_the_frames_before(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    talk = {"audio": SPEECH, "duration": 4.0}
    shots = (
        shot("place"),
        shot("first", continuity=Continuity("river.place"), **talk),
        shot("second", image=FACE, continuity=Continuity("river.first"), **{**talk, "duration": 8.0}),
    )
    made = plan(film(*shots), digests=FILES, media_seconds={SPEECH: 12.0})
    first, second = (one.takes[0].clips for one in made.shots[1:])
    assert [clip.spec.hand_off and clip.spec.hand_off.what for clip in (*first, *second)] == [
        "frame",
        "frames",
        "carried",
    ]
    assert [clip.spec.image for clip in (*first, *second)] == [None, FILES[FACE], FILES[FACE]]
    # nothing is dropped at the beginning, and nothing is hidden: the film has not shown these frames
    assert [(clip.spec.num_frames, clip.skip_first) for clip in (*first, *second)] == [(64, 0), (76, 0), (76, 0)]


def test_a_speaking_shots_hand_off_waits_for_all_clips_that_its_frames_reach_into(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    talk = {"audio": SPEECH, "duration": 8.0}
    shots = (
        shot("first", image=FACE, takes=2, **talk),
        shot("second", continuity=Continuity("river.first"), **talk),
        shot("still", continuity=Continuity("river.first")),
    )
    made = plan(film(*shots), digests=FILES, media_seconds={SPEECH: 12.0})
    takes, going_on, still = (one.takes for one in made.shots)
    ends, behind = [take.fingerprint for take in takes], [take.clips[0].fingerprint for take in takes]
    assert len(takes[0].clips) == 2
    assert set(going_on[0].clips[0].upstream) == {*ends, *behind}
    assert going_on[0].clips[0].spec.hand_off is not None
    assert list(going_on[0].clips[0].spec.hand_off.candidates) == ends
    chosen = still[0].clips[0].spec.hand_off
    assert chosen is not None
    assert (chosen.what, chosen.back) == ("frame", 0)
    assert chosen.takes == tuple(tuple(clip.fingerprint for clip in take.clips) for take in takes)
    assert set(still[0].clips[0].upstream) == {*ends, *behind}, "a take is chosen by all its clips"


def test_vace_follows_the_camera_where_its_words_name_a_path(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    shots = (
        shot("path", variant="vace-fun-a14b", camera="slow pan left"),
        shot("led", control=Control(CONTROL), camera="pan left"),
        shot("words", control=Control(references=(FACE,)), camera="handheld close-up"),
        shot("text", camera="pan left"),
    )
    made = plan(film(*shots), digests=FILES, media_seconds={CONTROL: 3.0})
    assert [one.takes[0].clips[0].spec.camera for one in made.shots] == ["slow pan left", "", "", ""]


def test_vace_without_anything_to_follow_is_refused(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    (found,) = problems(film(shot("x", variant="vace-fun-a14b", camera="handheld")))
    assert found.message == "vace-fun-a14b needs something to follow: a control video, references or a camera path"


def test_vace_is_shown_the_cast(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    cast = (CastMember("fox", "a fox", REFERENCE), CastMember("owl", "an owl"))
    alone = shot("alone", variant="vace-fun-a14b", cast=cast)
    steered = shot("steered", control=Control(CONTROL, references=(FACE, REFERENCE)), cast=cast)
    made = plan(film(alone, steered), digests=FILES, media_seconds={CONTROL: 3.0})
    shown = [
        [medium.digest for medium in one.takes[0].clips[0].spec.media if medium.name == "references"]
        for one in made.shots
    ]
    assert shown == [[FILES[REFERENCE]], [FILES[FACE], FILES[REFERENCE]]]
    assert not any("reference" in line for line in made.warnings)
