"""What colours are held to: how the chain's first clip ends, unless a shot changes the light or names a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.clips import ColourAnchor, HandOff
from flows.planning import past_of
from flows.planning.anchors import STRENGTH
from flows.planning.model import Clip, Plan
from flows.storyboard.model import Anchor, Continuity, Shot, VideoToVideo
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

PICTURE = Path("/look.png")
WORLD = {"digests": {PICTURE: "e" * 64}}
NONE = Anchor(strength=0.0)


def clips(plan: Plan, shot: str, take: int = 0) -> tuple[Clip, ...]:
    return next(one for one in plan.shots if one.id == f"river.{shot}").takes[take].clips


def anchor(plan: Plan, shot: str, clip: int = 0) -> ColourAnchor | None:
    return clips(plan, shot)[clip].spec.anchor


def held_to(clip: Clip, frame: int = -1) -> ColourAnchor:
    return ColourAnchor(STRENGTH, HandOff(((clip.fingerprint,),), frame=frame))


def chain(shot: MakeShot, count: int = 4) -> list[Shot]:
    """s1, and each after it going on from the one before, two seconds long: the first shows 32 of its 33 frames."""
    links = [None, *(Continuity(f"river.s{number}") for number in range(1, count))]
    return [shot(f"s{number}", continuity=link) for number, link in enumerate(links, start=1)]


def test_every_shot_of_a_chain_is_held_to_how_the_first_one_ends(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    made = plan(film(*chain(shot)))
    first = clips(made, "s1")[0]
    assert anchor(made, "s1") is None
    assert {anchor(made, f"s{number}") for number in (2, 3, 4)} == {held_to(first, frame=31)}
    assert clips(made, "s4")[0].upstream == (clips(made, "s3")[0].fingerprint, first.fingerprint)


def test_later_clips_of_a_shot_are_held_to_its_first_or_to_that_of_the_chain(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    one, two = chain(shot, 2)
    made = plan(film(replace(one, duration=5.0), replace(two, duration=5.0)))
    first = clips(made, "s1")[0]
    of_first, of_second = ([clip.spec.anchor for clip in clips(made, name)] for name in ("s1", "s2"))
    assert of_first == [None, held_to(first), held_to(first)]
    assert of_second == [held_to(first)] * 3


def test_after_a_shot_that_changes_the_light_others_are_held_to_how_it_ends(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    one, two, three, four = chain(shot)
    made = plan(film(one, replace(two, anchor=NONE, duration=5.0), three, four))
    last = clips(made, "s2")[-1]
    assert [clip.spec.anchor for clip in clips(made, "s2")] == [None, None, None]
    assert anchor(made, "s3") == anchor(made, "s4") == held_to(last, frame=16)


def test_another_scene_begins_anew(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    one, two, three = chain(shot, 3)
    night = [replace(two, scene="night"), replace(three, scene="night", continuity=Continuity("night.s2"))]
    made = plan(film(one, *night))
    first, second = (next(each for each in made.shots if each.id == name).first for name in ("night.s2", "night.s3"))
    assert first.anchor is None
    assert second.anchor is not None
    assert second.anchor.look is not None
    assert second.anchor.look.candidates == (made.shots[1].takes[0].fingerprint,)


def test_the_best_take_of_the_first_shot_is_what_others_are_held_to(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    one, two, three = chain(shot, 3)
    made = plan(film(replace(one, takes=2, duration=3.0), two, three))
    takes = tuple(tuple(clip.fingerprint for clip in clips(made, "s1", take)) for take in (0, 1))
    assert anchor(made, "s3") == ColourAnchor(STRENGTH, HandOff(takes, back=1))
    assert set(clips(made, "s3")[0].upstream) == {clips(made, "s2")[0].fingerprint, *takes[0], *takes[1]}
    chosen = plan(film(replace(one, takes=2, take=2, duration=3.0), two, three))
    assert anchor(chosen, "s3") == held_to(clips(chosen, "s1")[0])


def test_a_picture_is_held_to_by_all_clips_the_first_too(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    one, two = chain(shot, 2)
    made = plan(film(replace(one, duration=5.0, anchor=Anchor(0.5, PICTURE)), two), **WORLD)
    assert {clip.spec.anchor for clip in clips(made, "s1")} == {ColourAnchor(0.5, picture="e" * 64)}
    assert anchor(made, "s2") == held_to(clips(made, "s1")[0])


def test_a_strength_is_the_shots_own(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    one, two, three = chain(shot, 3)
    made = plan(film(one, replace(two, anchor=Anchor(0.25)), three))
    strengths = [each.strength for name in ("s2", "s3") if (each := anchor(made, name))]
    assert strengths == [0.25, STRENGTH]


def test_what_is_led_to_given_colours_is_held_to_others_only_if_it_says_so(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    end, film_clip = Path("/end.png"), Path("/a.mp4")
    one, two = chain(shot, 2)
    ends = replace(two, end_image=end)
    assert anchor(plan(film(one, ends)), "s2") is None
    assert anchor(plan(film(one, replace(ends, anchor=Anchor(1.0)))), "s2") is not None
    changed = shot("v", video=VideoToVideo(film_clip, 0.5), duration=5.0)
    made = plan(film(changed), digests={film_clip: "v" * 64}, media_seconds={film_clip: 5.0})
    assert {clip.spec.anchor for clip in clips(made, "v")} == {None}


def test_what_goes_on_from_tensors_is_not_held(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    face, sound = Path("/face.png"), Path("/talk.wav")
    speech = shot("talk", image=face, audio=sound, duration=5.0, anchor=Anchor(1.0))
    world = {"digests": {face: "f" * 64, sound: "s" * 64}, "media_seconds": {sound: 5.0}}
    made = plan(film(speech), checkpoints={"s2v-14b": "3" * 64}, **world)
    assert len(clips(made, "talk")) > 1
    assert {clip.spec.anchor for clip in clips(made, "talk")} == {None}


def test_why_names_the_anchor_where_it_is_the_cause_and_upstream_where_that_is(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    one, two, three = chain(shot, 3)
    past = past_of(plan(film(one, two, three)))

    def why(*shots: Shot) -> list[str]:
        return [each.takes[0].why for each in plan(film(*shots), past=past).shots]

    weaker = replace(two, anchor=Anchor(0.5))
    assert why(one, weaker, three) == ["no longer in the store", "anchor strength changed", "upstream river.s2 changed"]
    assert why(one, replace(two, anchor=NONE), three)[1] == "anchor strength, colour anchor changed"
    assert why(replace(one, prompt="x"), two, three) == [
        "prompt changed",
        "upstream river.s1 changed",
        "upstream river.s2 changed",
    ]


def test_the_same_film_without_its_first_shots_light_is_another(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    """Whoever says that the first shot changes the light holds the others to its end: in one clip that is the same."""
    one, two = chain(shot, 2)
    plain, changes = plan(film(one, two)), plan(film(replace(one, anchor=NONE), two))
    assert clips(plain, "s2") == clips(changes, "s2")
    longer = replace(one, duration=5.0)
    plain, changes = plan(film(longer, two)), plan(film(replace(longer, anchor=NONE), two))
    assert clips(plain, "s2") != clips(changes, "s2")


def test_a_shot_that_looks_like_another_is_held_to_its_chain(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    """Though it starts anew: what things look like is what it takes over."""
    one, two = chain(shot, 2)
    like = replace(two, continuity=Continuity("river.s1", "reference"))
    made = plan(film(one, like), checkpoints={"t2v-a14b": "1" * 64, "vace-fun-a14b": "2" * 64})
    assert anchor(made, "s2") == held_to(clips(made, "s1")[0], frame=31)
