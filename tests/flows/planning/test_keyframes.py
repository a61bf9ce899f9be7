"""Plans of shots joined by keyframes: stills first, then every shot beside the others, and joins to the frame."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from flows.planning import Plan, past_of
from flows.planning.model import PlannedShot
from flows.review.looks import look_settings, look_storyboard
from flows.settings import Settings
from flows.storyboard.keyframes import with_keyframes
from flows.storyboard.model import Continuity, Shot, Storyboard, Transition
from flows.storyboard.problems import Problems
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.families import FAMILIES
from wan.frames.geometry import allowed_lengths
from wan.variants import VARIANTS

PICTURE = Path("/films/join.png")
WORLD: dict[str, Any] = {"checkpoints": {"t2v-a14b": "1" * 64, "i2v-a14b": "2" * 64}}


@pytest.fixture
def chain(shot: MakeShot, film: MakeFilm) -> Any:
    """`chain(3, {1: {...}})`: so many shots of two seconds joined by keyframes; what some of them say beside."""

    def make(count: int, own: dict[int, dict[str, Any]] | None = None, **values: Any) -> Storyboard:
        shots: list[Shot] = []
        for number in range(count):
            goes_on = {"continuity": Continuity(shots[-1].full_id, "keyframes")} if shots else {}
            shots.append(shot(f"s{number}", **{**goes_on, **(own or {}).get(number, {})}))
        return joined(film(*shots, **{"seed": 7, **values}))

    return make


def joined(board: Storyboard) -> Storyboard:
    problems = Problems()
    board = replace(board, scenes=with_keyframes(board.scenes, problems))
    problems.stop_if_any()
    return board


def stills(plan: Plan) -> list[str]:
    return [shot.keyframe.fingerprint for shot in plan.shots if shot.keyframe is not None]


def ends(shot: PlannedShot) -> tuple[str | None, str | None]:
    """The clips that a shot begins with and ends on."""
    first, last = shot.takes[0].clips[0].spec.hand_off, shot.takes[0].clips[-1].spec.ends_on
    return (first.candidates[0] if first else None, last.candidates[0] if last else None)


def test_every_shot_lies_between_its_keyframe_and_the_next_ones(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(3))
    one, two, three = stills(made)
    assert [ends(shot) for shot in made.shots] == [(one, two), (two, three), (three, None)]
    assert [shot.variant for shot in made.shots] == ["i2v-a14b"] * 3
    assert [shot.depends_on for shot in made.shots] == [()] * 3
    assert [shot.goes_on_from for shot in made.shots] == [None, "river.s0", "river.s1"]


def test_a_keyframe_is_a_clip_like_any_other_and_comes_first(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(2), model="wan22")
    keyframe = made.shots[1].keyframe
    assert keyframe is not None
    (clip,) = keyframe.clips
    assert (clip.spec.variant, clip.spec.num_frames, clip.spec.seed) == ("t2v-a14b", 1, 7)
    assert clip.spec.prompt == made.shots[1].prompt
    assert clip.upstream == ()
    names = [each.fingerprint for each in made.clips]
    for shot in made.shots:
        for take in shot.takes:
            assert all(names.index(up) < names.index(take.fingerprint) for up in take.clips[0].upstream)
    assert len(names) == 4


def test_the_shots_of_a_scene_are_rendered_side_by_side(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(8, {3: {"takes": 2}}))
    assert (made.totals.width, made.totals.chained_width) == (9, 2)
    assert len(made.critical_path) == 1
    assert (made.totals.takes, made.totals.keyframes, made.totals.keyframes_cached) == (9, 8, 0)
    work = sum(clip.estimated_seconds for clip in made.clips)
    assert made.totals.rendering_seconds == pytest.approx(work)
    last_frame = {number: {"continuity": Continuity(f"river.s{number - 1}")} for number in range(1, 8)}
    chained = plan(chain(8, last_frame | {3: {**last_frame[3], "takes": 2}}))
    assert (chained.totals.width, chained.totals.chained_width, chained.totals.keyframes) == (2, 2, 0)


def test_what_goes_on_from_a_shot_between_keyframes_takes_its_last_frame_that_is_seen(
    chain: Any, shot: MakeShot, plan: MakePlan
) -> None:
    made = plan(chain(3, {2: {"continuity": Continuity("river.s0")}}))
    assert made.shots[2].depends_on == ("river.s0",)
    handed = made.shots[2].takes[0].clips[0].spec.hand_off
    assert handed is not None
    assert handed.frame == 31
    assert made.totals.width == 2


@pytest.mark.parametrize("fps", [12, 16, 23.976, 24, 25, 29.97, 30, 48, 60])
@pytest.mark.parametrize("seconds", [1.0, 1.4, 2.0, 3.3, 5.0, 11.7])
def test_at_every_rate_the_joined_frame_is_seen_once_and_nothing_before_it_is_cut(
    chain: Any, plan: MakePlan, fps: float, seconds: float
) -> None:
    from flows.storyboard.model import Format, Size

    board = chain(3, {n: {"duration": seconds} for n in range(3)}, format=Format(Size(832, 480), fps))
    made = plan(board, model="wan22")
    for shot in made.shots[:2]:
        *_, last = shot.takes[0].clips
        assert last.skip_first + last.keep == last.spec.num_frames - 1
        assert last.spec.num_frames in allowed_lengths(VARIANTS["i2v-a14b"], None, last.spec.num_frames)
        shown = sum(clip.keep for clip in shot.takes[0].clips)
        assert Fraction(shown, shot.num_frames) == pytest.approx(shot.render_fps / fps, rel=1e-6)
        assert 0 <= shown - shot.num_frames <= 3
    for shot in made.shots[1:]:
        assert shot.takes[0].clips[0].skip_first == 0
    assert made.shots[2].render_fps == fps


def test_a_shot_that_is_too_short_for_what_lies_between_its_keyframes(
    chain: Any, plan: MakePlan, problems: Any
) -> None:
    quick = plan(chain(2, {0: {"duration": 1.5}}))
    assert quick.shots[0].render_fps == pytest.approx(16 * 32 / 24)
    assert quick.shots[0].num_frames == 24
    assert [line for line in quick.warnings if "as quick" in line] == [
        "its keyframes are 32 rendered frames apart, so its motion is 1.3 times as quick as it is made; a duration of "
        "2s shows it as it is (shot river.s0)"
    ]
    (found,) = problems(chain(2, {0: {"duration": 0.9}}))
    assert found.message == "its two keyframes are 32 rendered frames apart, and it has 15"
    assert (found.shot, found.fix) == ("river.s0", "make it 1s or longer, or use `by: last_frame`")


def test_a_given_picture_is_both_shots_and_nothing_is_rendered_for_it(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(3, {1: {"image": PICTURE}}))
    assert [shot.keyframe is None for shot in made.shots] == [False, True, False]
    digest = PICTURE.stem.ljust(64, "0")
    earlier, later = made.shots[0].takes[0].clips[-1].spec, made.shots[1].first
    assert (earlier.last_image, earlier.ends_on, later.image, later.hand_off) == (digest, None, digest, None)
    assert not [line for line in made.warnings if "end_image" in line]


def test_why_says_which_keyframe_is_another(chain: Any, plan: MakePlan) -> None:
    before = plan(chain(3))
    done = [clip.fingerprint for clip in before.clips]
    other = plan(chain(3, {1: {"seed": 8}}), past=past_of(before), finished=done)
    assert [[take.why for take in shot.rendered] for shot in other.shots] == [
        ["in the store", "keyframe at its end changed"],
        ["seed changed", "seed changed"],
        ["in the store", "in the store"],
    ]
    assert [shot.takes[0].status for shot in other.shots] == ["new", "new", "cached"]
    elsewhere = {"t2v-a14b": "3" * 64, "i2v-a14b": "2" * 64}
    redrawn = plan(chain(3), past=past_of(before), finished=done, checkpoints=elsewhere)
    both = "keyframe at its end changed; its keyframe changed"
    assert [shot.takes[0].why for shot in redrawn.shots] == [both, both, "its keyframe changed"]


def test_a_keyframe_that_is_lost_is_rendered_only_for_a_shot_that_is_new(chain: Any, plan: MakePlan) -> None:
    whole = plan(chain(2))
    shown = [take.fingerprint for shot in whole.shots for take in shot.takes]
    made = plan(chain(2), finished=shown)
    assert [shot.keyframe.status for shot in made.shots if shot.keyframe] == ["cached", "cached"]
    assert (made.totals.cached, made.totals.keyframes_cached) == (2, 2)
    part = plan(chain(2), finished=shown[:1])
    assert [(shot.keyframe.status, shot.keyframe.why) for shot in part.shots if shot.keyframe] == [
        ("cached", "its shots are in the store"),
        ("new", "new shot"),
    ]


def test_a_still_that_is_approved_in_a_review_is_the_keyframe(chain: Any, plan: MakePlan, settings: Settings) -> None:
    board = chain(3)
    looks = look_storyboard(board, "stills", FAMILIES["tiny"])
    assert looks is not None
    assert look_settings(settings, "stills").render.takes == 1
    seen = plan(looks, render={"takes": 1})
    assert [shot.takes[0].fingerprint for shot in seen.shots] == stills(plan(board))


def test_a_dissolve_across_a_keyframe_is_worth_a_word(chain: Any, plan: MakePlan) -> None:
    def said(kind: str) -> list[str]:
        made = plan(chain(2, {1: {"transition": Transition(kind, 0.5)}}))
        return [line for line in made.warnings if "keyframe" in line]

    assert said("dissolve") == [
        "a dissolve shows what comes before the keyframe and what comes after it at once; a cut goes through it "
        "without a seam (shot river.s1)"
    ]
    assert said("fade_black") == []


def test_a_long_shot_is_held_at_its_two_ends(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(2, {0: {"duration": 5.0}}))
    clips = made.shots[0].takes[0].clips
    assert len(clips) > 1
    assert [clip.spec.ends_on is not None for clip in clips] == [False] * (len(clips) - 1) + [True]
    assert clips[0].spec.hand_off == replace(clips[-1].spec.ends_on, takes=((stills(made)[0],),))


def test_colours_are_held_to_keyframes_and_not_to_the_chains_look(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(3, {0: {"duration": 5.0}, 2: {"duration": 5.0}}))
    first, middle, last = (shot.takes[0].clips for shot in made.shots)
    assert [clip.spec.anchor for clip in (*first, *middle, last[0])] == [None] * (len(first) + 2)
    assert all(clip.spec.anchor is not None for clip in last[1:]), "it ends as it likes"
    assert {clip.spec.anchor.look.candidates for clip in last[1:]} == {(last[0].fingerprint,)}
    stills_made = [shot.keyframe for shot in made.shots if shot.keyframe is not None]
    assert [clip.spec.anchor for still in stills_made for clip in still.clips] == [None] * 3


def test_what_goes_on_from_a_shot_between_keyframes_is_held_to_its_look(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(3, {2: {"continuity": Continuity("river.s0")}}))
    anchor = made.shots[2].first.anchor
    assert anchor is not None
    assert (anchor.look.candidates, anchor.look.frame) == ((made.shots[0].takes[0].fingerprint,), 31)


def test_keyframes_alone_are_a_plan_of_stills(chain: Any, plan: MakePlan) -> None:
    made = plan(chain(3, {2: {"image": PICTURE}}))
    assert [still.id for still in made.stills_of(made.shots)] == ["river.s0 keyframe", "river.s1 keyframe"]
    assert [still.id for still in made.stills_of(made.shots[1:2])] == ["river.s1 keyframe"]
    alone = made.of_stills(made.stills_of(made.shots), "keyframes")
    assert [clip.fingerprint for clip in alone.clips] == stills(made)
    assert alone.settings.film.subfolder == "keyframes"
