"""Shots that go on from each other: joined frames are neither doubled nor lost, at every rate, through transitions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.clips import HandOff
from flows.planning.joins import Join, hand_off_of, overlapping
from flows.planning.model import Clip, PlannedShot, Take
from flows.shots import part_of
from flows.storyboard.model import CastMember, Continuity, Control, Format, Transition
from tests.flows.made import a_clip
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from tests.flows.shots.conftest import shot as a_shot
from wan.families import FAMILIES

VACE = part_of(FAMILIES["wan22"], "vace-fun-a14b")
TALK, FACE, DEPTH = Path("/films/talk.wav"), Path("/films/face.png"), Path("/films/depth.mp4")
DIGESTS = {TALK: "7" * 64, FACE: "8" * 64, DEPTH: "9" * 64}


def overlap(frames: int | None = None, source: str = "river.a") -> Continuity:
    return Continuity(source, "overlap", frames)


def hand_off(shot: PlannedShot) -> HandOff:
    found = shot.first.hand_off
    assert found is not None
    return found


def a_take(frames: int, rate: float, pieces: int) -> tuple[Take, list[tuple[int, int]]]:
    """A take of so many clips, each of which repeats 5 frames of the one before, and where every frame that they show
    lies: (clip, frame), in their order."""
    each = -(-frames // pieces)
    clips: list[Clip] = []
    shown: list[tuple[int, int]] = []
    for number in range(pieces):
        keep = min(each, frames - len(shown))
        if keep <= 0:
            break
        skip = 5 if number else 0
        surplus = 0 if keep == each and len(shown) + keep < frames else 3
        clips.append(a_clip(str(number), num_frames=skip + keep + surplus, fps=rate, skip_first=skip, keep=keep))
        shown += [(number, skip + frame) for frame in range(keep)]
    return Take(1, clips[-1].fingerprint, "new", "", tuple(clips)), shown


def handed(found: HandOff, clips: tuple[Clip, ...]) -> list[tuple[int, int]]:
    """What a worker reads of it (`flows.cluster.requests.frames_before`, here over numbers)."""
    last = len(clips) - 1 - found.back
    stops = [clip.spec.num_frames for clip in clips[:last]]
    stops.append(found.frame + 1 if found.frame >= 0 else clips[last].spec.num_frames)
    every = [(n, frame) for n, stop in enumerate(stops) for frame in range(found.repeated if n else 0, stop)]
    offsets = found.offsets or reversed(range(found.count))
    return [every[-1 - offset] for offset in offsets]


def by_time(frame: int, rate: float, fps: float) -> int:
    """ffmpeg's `fps`, step by step: of the frames whose moment is rounded to this one or an earlier one, the last."""
    return max(n for n in range(10 * frame + 10) if int(n * fps / rate + 0.5) <= frame)


@given(
    film=st.integers(6, 200),
    pieces=st.integers(1, 4),
    rates=st.sampled_from([(16.0, 16.0), (16.0, 24.0), (16.0, 30.0), (30.0, 16.0), (24.0, 24.0), (16.0, 25.0)]),
    wanted=st.sampled_from([1, 5, 9, 13, 41]),
    meets=st.integers(0, 40),
)
def test_a_film_shows_every_moment_once(
    film: int, pieces: int, rates: tuple[float, float], wanted: int, meets: int
) -> None:
    """What is handed on are frames that the film shows one after the other, and the first one that is new comes right
    after them, wherever a transition begins."""
    rate, fps = rates
    meets = min(meets, film - 1)
    assert VACE is not None
    join = overlapping(wanted, meets, film)
    assert join.known <= min(wanted, film)
    assert join.known % 4 == 1
    assert 0 <= join.hidden <= join.known
    take, shown = a_take(-(-int(film * rate) // int(fps)), rate, pieces)
    found = hand_off_of([take], film, join, a_shot(continuity=overlap(wanted)), VACE, fps)
    last = film - 1 - join.early
    wished = [min(by_time(frame, rate, fps), len(shown) - 1) for frame in range(last - join.known + 1, last + 1)]
    assert handed(found, take.clips) == [shown[number] for number in wished]
    assert found.count == join.known
    # frame `hidden` of the new clip is the first that the film shows of it: its known frames end at `last`
    first_seen = last - join.known + 1 + join.hidden
    assert first_seen == film - meets


def test_as_many_frames_are_taken_as_there_are_in_whole_latents() -> None:
    assert overlapping(9, 0, 33) == Join(9, 0, 9)
    assert overlapping(9, 0, 8) == Join(5, 0, 5)
    assert overlapping(9, 0, 3) == Join(1, 0, 1)
    assert overlapping(9, 0, None) == Join(9, 0, 9)


@pytest.mark.parametrize(("meets", "join"), [(4, Join(9, 0, 5)), (9, Join(9, 0, 0)), (12, Join(9, 3, 0))])
def test_a_transition_lies_over_the_frames_that_both_show(meets: int, join: Join) -> None:
    assert overlapping(9, meets, 33) == join


def test_an_overlap_is_rendered_by_vace_which_hides_what_the_film_has_shown(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    made = plan(film(shot("a"), shot("b", continuity=overlap(9)), shot("c", continuity=overlap(5, "river.b"))))
    second, third = made.shots[1:]
    assert (second.variant, second.depends_on, second.known, second.alike) == ("vace-fun-a14b", ("river.a",), 9, 0)
    assert [clip.skip_first for clip in (*second.takes[0].clips, *third.takes[0].clips)] == [9, 9, 5, 5]
    assert (hand_off(second).what, hand_off(second).count, hand_off(second).frame) == ("frames", 9, 31)
    assert (hand_off(third).count, hand_off(third).repeated, hand_off(third).upstream) == (
        5,
        9,
        tuple(clip.fingerprint for clip in second.takes[0].clips),
    )
    assert made.critical_path == ("river.a", "river.b", "river.c")
    assert made.totals.width == 1
    assert made.totals.frames == 96


def test_clips_of_a_long_shot_follow_the_rule_of_the_shot(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    for frames in (5, 13):
        made = plan(film(shot("a"), shot("b", continuity=overlap(frames), duration=6.0)))
        clips = made.shots[1].takes[0].clips
        assert len(clips) > 2
        assert {clip.skip_first for clip in clips} == {frames}
        assert {clip.spec.hand_off.count for clip in clips if clip.spec.hand_off} == {frames}
        assert sum(clip.keep for clip in clips) == 96


def test_another_overlap_is_another_clip(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    first, other = shot("a"), shot("b")
    ways = [overlap(5), overlap(9), Continuity("river.a", "reference"), Continuity("river.a")]
    made = [
        plan(film(first, replace(other, continuity=way, variant="vace-fun-a14b", camera="pan left"))) for way in ways
    ]
    assert len({each.shots[1].takes[0].fingerprint for each in made}) == 4
    usual, nine = (plan(film(first, replace(other, continuity=way))).shots[1].takes for way in (overlap(), overlap(9)))
    assert usual == nine


def test_fewer_frames_than_are_wanted_are_said(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", duration=0.5), shot("b", continuity=overlap(13))))
    assert hand_off(made.shots[1]).count == 5
    assert made.shots[1].takes[0].clips[0].skip_first == 5
    (warning,) = (line for line in made.warnings if "overlap" in line)
    assert warning == (
        "river.a has 8 frames, fewer than the 13 of the overlap: river.b begins with 5 of them (shot river.b)"
    )
    assert not any(
        "overlap" in line for line in plan(film(shot("c"), shot("d", continuity=overlap(13, "river.c")))).warnings
    )


def test_a_dissolve_shorter_than_the_overlap_is_laid_over_it(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), shot("b", continuity=overlap(9), transition=Transition("dissolve", 0.25))))
    second = made.shots[1]
    assert (second.overlap, second.alike, second.takes[0].clips[0].skip_first) == (4, 4, 5)
    assert hand_off(second).frame == 31, "the last frame of what the film has of it: both show the same"


@pytest.mark.parametrize("fps", [16.0, 24.0, 30.0])
def test_speech_is_gone_on_from_at_the_films_rate(shot: MakeShot, film: MakeFilm, plan: MakePlan, fps: float) -> None:
    """Speech has 16 frames a second whatever the film has: the frames are those that the film shows."""
    talks = shot("a", image=FACE, audio=TALK, duration=1.5)
    board = replace(film(talks, shot("b", continuity=overlap(9))), format=Format(fps=fps))
    made = plan(board, digests=DIGESTS, media_seconds={TALK: 3.0})
    found = hand_off(made.shots[1])
    assert made.shots[1].takes[0].clips[0].fps == fps
    last = round(1.5 * fps) - 1
    shown = [min(by_time(frame, 16, fps), 23) for frame in range(last - 8, last + 1)]
    assert found.frame == shown[-1]
    assert found.offsets == (() if fps == 16 else tuple(shown[-1] - one for one in shown))
    assert made.totals.frames == round(1.5 * fps) + round(2 * fps)


def test_a_control_video_begins_where_the_shot_does(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    led: dict[str, Any] = {"control": Control(DEPTH), "duration": 3.0}
    board = film(shot("a"), shot("b", continuity=overlap(9), **led), shot("c", continuity=Continuity("river.a"), **led))
    made = plan(board, digests=DIGESTS, media_seconds={DEPTH: 3.0})
    for each, hidden in zip(made.shots[1:], (9, 1), strict=True):
        first, second, *_ = each.takes[0].clips
        assert (first.spec.start_frame, first.skip_first) == (-hidden, hidden)
        assert second.spec.start_frame + second.skip_first == first.keep


def test_by_reference_a_shot_starts_anew_and_is_shown_the_cast_as_well(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    cast = (CastMember("owl", "an owl", FACE),)
    board = film(shot("a"), shot("b", continuity=Continuity("river.a", "reference"), cast=cast))
    second = plan(board, digests=DIGESTS).shots[1]
    assert (second.variant, second.depends_on, second.goes_on, second.takes_over) == (
        "vace-fun-a14b",
        ("river.a",),
        False,
        "looks",
    )
    assert (hand_off(second).what, second.takes[0].clips[0].skip_first) == ("reference", 0)
    assert [medium.name for medium in second.first.media] == ["references"]
