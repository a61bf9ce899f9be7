"""Takes as chains of clips: hidden frames, trimmed frames, hand-offs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.clips import fingerprint
from flows.planning.model import Clip
from flows.planning.takes import CLIP_SEED_STEP
from flows.storyboard.model import Continuity, Transition
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def lengths(clips: tuple[Clip, ...]) -> list[tuple[str, int, int, int]]:
    return [(clip.spec.variant[:3], clip.spec.num_frames, clip.skip_first, clip.keep) for clip in clips]


def test_a_shot_shows_what_its_duration_says(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", duration=1.0), shot("b", duration=None), shot("c", duration=0.01)))
    assert [lengths(one.takes[0].clips) for one in made.shots] == [
        [("t2v", 33, 0, 16)],
        [("t2v", 33, 0, 33)],
        [("t2v", 33, 0, 1)],
    ]
    assert [one.num_frames for one in made.shots] == [16, 33, 1]


def test_a_continued_shot_renders_one_frame_more_and_hides_the_copy(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    above = Continuity("river.a")
    made = plan(film(shot("a"), shot("b", continuity=above), shot("c", continuity=above, duration=None)))
    assert lengths(made.shots[1].takes[0].clips) == [("i2v", 33, 1, 32)]
    assert lengths(made.shots[2].takes[0].clips) == [("i2v", 33, 1, 32)]


def test_the_hand_off_is_the_last_frame_that_is_shown(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    shots = shot("short", duration=1.0), shot("on", continuity=Continuity("river.short")), shot("whole", duration=None)
    made = plan(film(*shots, shot("after", continuity=Continuity("river.whole"))))
    first, last = made.shots[1].takes[0].clips[0].spec.hand_off, made.shots[3].takes[0].clips[0].spec.hand_off
    assert first is not None
    assert last is not None
    assert (first.frame, last.frame) == (15, -1)


@pytest.mark.parametrize(
    ("transition", "frame"),
    [
        (Transition("cut"), -1),
        (Transition("dissolve", 0.5), 24),
        (Transition("fade_black", 0.25), 28),
        (Transition("wipe_left", 1.0), 16),
    ],
)
def test_a_transition_into_a_continuing_shot_begins_after_the_frame_it_starts_from(
    transition: Transition, frame: int, shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    above = Continuity("river.a")
    made = plan(film(shot("a", duration=None), shot("b", continuity=above, transition=transition)))
    hand_off = made.shots[1].takes[0].clips[0].spec.hand_off
    assert hand_off is not None
    assert (hand_off.frame, hand_off.back, hand_off.upstream) == (frame, 0, hand_off.candidates)


def test_a_transition_from_another_shot_leaves_the_hand_off_alone(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    dissolve = Transition("dissolve", 0.5)
    shots = shot("a", duration=None), shot("x"), shot("b", continuity=Continuity("river.a"), transition=dissolve)
    hand_off = plan(film(*shots)).shots[2].takes[0].clips[0].spec.hand_off
    assert hand_off is not None
    assert hand_off.frame == -1


def test_a_transition_longer_than_the_last_clip_hands_on_from_the_one_before(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    dissolve, above = Transition("dissolve", 1.5), Continuity("river.a")
    made = plan(film(shot("a", duration=5.0, takes=2), shot("b", continuity=above, transition=dissolve)))
    first, second = made.shots[0].takes
    assert [clip.keep for clip in first.clips] == [33, 32, 15]
    clip = made.shots[1].takes[0].clips[0]
    assert clip.spec.hand_off is not None
    assert (clip.spec.hand_off.frame, clip.spec.hand_off.back) == (32 - (24 - 15), 1)
    assert clip.spec.hand_off.candidates == (first.fingerprint, second.fingerprint)
    assert set(clip.upstream) >= {one.fingerprint for take in (first, second) for one in take.clips}
    last = replace(clip.spec, hand_off=replace(clip.spec.hand_off, back=0))
    assert fingerprint(last) != clip.fingerprint


def test_a_longer_upstream_shot_changes_what_is_handed_on(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    def mark(duration: float) -> tuple[str, str]:
        made = plan(film(shot("a", duration=duration, prompt="x"), shot("b", continuity=Continuity("river.a"))))
        return made.shots[0].takes[0].fingerprint, made.shots[1].takes[0].fingerprint

    (above, below), (above_too, below_too) = mark(1.0), mark(1.5)
    assert above == above_too
    assert below != below_too


def test_a_long_shot_is_a_chain_of_clips(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", duration=5.0, seed=7)))
    (take,) = made.shots[0].takes
    assert lengths(take.clips) == [("t2v", 33, 0, 33), ("i2v", 33, 1, 32), ("i2v", 33, 1, 15)]
    assert made.shots[0].num_frames == 80
    first, second, third = take.clips
    assert [clip.upstream for clip in take.clips] == [
        (),
        (first.fingerprint,),
        (second.fingerprint, first.fingerprint),  # whose colours it is held to
    ]
    assert third.spec.anchor == second.spec.anchor
    assert [clip.spec.seed for clip in take.clips] == [7, 7 + CLIP_SEED_STEP, 7 + 2 * CLIP_SEED_STEP]
    assert take.fingerprint == take.clips[-1].fingerprint
    assert {clip.spec.hand_off.frame for clip in take.clips[1:] if clip.spec.hand_off} == {-1}


def test_the_pictures_of_a_long_shot_are_at_its_ends(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", duration=4.0, image=Path("/a.png"), end_image=Path("/b.png"))))
    first, last = made.shots[0].takes[0].clips
    assert (first.spec.image, first.spec.last_image) == ("a".ljust(64, "0"), None)
    assert (last.spec.image, last.spec.last_image) == (None, "b".ljust(64, "0"))


def test_clips_of_real_models_are_about_equally_long(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", duration=82 / 16)), model="wan22")
    assert lengths(made.shots[0].takes[0].clips) == [("t2v", 41, 0, 41), ("i2v", 45, 1, 41)]


@pytest.mark.parametrize("model", ["tiny", "wan22"])
@pytest.mark.parametrize("continued", [False, True])
def test_every_length_is_filled_exactly_by_lengths_the_model_can_render(
    model: str, continued: bool, shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    link = Continuity("river.a") if continued else None
    shots = [shot(f"s{frames}", duration=frames / 16, continuity=link) for frames in range(1, 400, 3)]
    for one in plan(film(shot("a"), *shots), model=model).shots[1:]:
        clips = one.takes[0].clips
        assert sum(clip.keep for clip in clips) == one.num_frames == int(one.id.removeprefix("river.s"))
        for clip in clips:
            assert clip.keep >= 1
            assert clip.skip_first + clip.keep <= clip.spec.num_frames <= (33 if model == "tiny" else 81)
            assert clip.spec.num_frames % 4 == 1
        assert all(clip.skip_first + clip.keep == clip.spec.num_frames for clip in clips[:-1])


def test_an_end_image_that_is_cut_off_is_a_warning(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    picture = Path("/a.png")
    made = plan(film(shot("a", image=picture, end_image=picture, duration=1.0)))
    assert any("17 frames before end_image is reached; a duration of 2.0625s reaches it" in w for w in made.warnings)
    assert plan(film(shot("a", image=picture, end_image=picture, duration=2.0))).warnings == ()
