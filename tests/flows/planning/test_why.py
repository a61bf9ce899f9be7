"""Why a take is rendered, said by comparing with the last finished film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from flows.clips import ClipSpec
from flows.fields import hints, plain
from flows.planning import past_of
from flows.planning.model import Plan
from flows.planning.why import changes, facts
from flows.storyboard.model import (
    Continuity,
    GuidanceOverride,
    Motion,
    SamplingOverride,
    Shot,
    Storyboard,
    Transition,
)
from tests.flows.made import a_spec
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def reasons(plan: Plan) -> list[str]:
    return [take.why for shot in plan.shots for take in shot.takes]


@pytest.fixture
def shots(shot: MakeShot) -> list[Shot]:
    return [shot("a"), shot("b", continuity=Continuity("river.a"))]


def test_everything_in_a_first_film_is_new(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    assert reasons(plan(film(*shots))) == ["new shot", "new shot"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prompt": "a blue box falls"}, "prompt changed"),
        ({"negative_prompt": "blurry"}, "negative prompt changed"),
        ({"seed": 3}, "seed changed"),
        ({"seed": 3, "prompt": "x"}, "prompt, seed changed"),
        ({"image": Path("/a.png")}, "variant, image changed"),
        ({"sampling": SamplingOverride(num_inference_steps=3)}, "steps changed"),
        ({"sampling": SamplingOverride(guidance_scale=GuidanceOverride(low=1.0))}, "guidance changed"),
        ({"sampling": SamplingOverride(solver="dpmpp", flow_shift=3.0)}, "flow shift, solver changed"),
        ({"sampling": SamplingOverride(boundary_ratio=0.5)}, "boundary changed"),
        ({"duration": 4.0}, "length changed"),
    ],
)
def test_what_changed_is_named_and_what_follows_from_it(
    change: dict[str, Any], why: str, shots: list[Shot], film: MakeFilm, plan: MakePlan
) -> None:
    past = past_of(plan(film(*shots)))
    mine, below = reasons(plan(film(replace(shots[0], **change), shots[1]), past=past))
    assert (mine, below) == (why, "upstream river.a changed")


def test_what_an_older_version_did_not_note_has_not_changed(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    past = past_of(plan(film(*shots)))
    older = {name: replace(shot, clips=tuple(map(without_later_fields, shot.clips))) for name, shot in past.items()}
    mine, _ = reasons(plan(film(replace(shots[0], prompt="a blue box falls"), shots[1]), past=older))
    assert mine == "prompt changed"


def without_later_fields(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec of before there were these fields."""
    numerics = {name: value for name, value in spec["numerics"].items() if name not in ("vae_tiling", "compile")}
    return {name: value for name, value in spec.items() if name not in ("loras", "strength")} | {"numerics": numerics}


def test_media_are_told_by_what_they_are_for(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    def board(sound: Path, file: Path) -> Storyboard:
        pose = Motion(pose=file)
        return film(shot("a", image=Path("/p.png"), audio=sound, motion=pose, variant="s2v-14b"))

    one, two, three = Path("/a.wav"), Path("/b.wav"), Path("/c.mp4")
    world: dict[str, Any] = {"digests": {path: path.stem * 64 for path in (one, two, three, Path("/p.png"))}}
    past = past_of(plan(board(one, three), **world))
    assert reasons(plan(board(two, three), past=past, **world)) == ["audio changed"]


def test_a_field_is_compared_by_the_name_and_the_cause_beside_it() -> None:
    kind = make_dataclass(
        "Newer",
        [
            ("weather", str, field(default="dry", metadata={"called": "the weather"})),
            ("puddles", int, field(default=0, metadata={"follows": "weather"})),
        ],
        bases=(ClipSpec,),
        frozen=True,
        kw_only=True,
    )
    usual = {name: getattr(a_spec(), name) for name in hints(ClipSpec)}
    now, then = [plain(kind(**usual, weather="wet", puddles=3))], [plain(kind(**usual))]
    assert changes(now, then, None, facts(kind)) == ["the weather changed"]
    older = [plain(a_spec())]
    assert changes(then, older, None, facts(kind)) == []
    assert changes(now, older, None, facts(kind)) == ["the weather changed"]


def test_a_new_take_is_told_from_a_changed_one(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    first = plan(film(*shots))
    done = frozenset(clip.fingerprint for clip in first.clips)
    more = plan(film(replace(shots[0], takes=2)), past=past_of(first), finished=done)
    assert reasons(more) == ["in the store", "new take"]


def test_a_clip_that_was_lost_is_told_from_a_change(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    first = plan(film(*shots))
    assert reasons(plan(film(*shots), past=past_of(first))) == ["no longer in the store"] * 2


def test_a_chain_half_in_the_store_says_so(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    storyboard = film(shot("a", duration=5.0))
    first = plan(storyboard)
    done = frozenset(clip.fingerprint for clip in first.clips[:2])
    again = plan(storyboard, past=past_of(first), finished=done)
    assert reasons(again) == ["no longer in the store (2 of 3 clips in the store)"]
    assert again.totals.cached == 0
    assert [clip.status for clip in again.clips] == ["cached", "cached", "new"]


def test_another_frame_of_the_same_upstream_is_told_from_another_upstream(
    shots: list[Shot], film: MakeFilm, plan: MakePlan
) -> None:
    past = past_of(plan(film(*shots)))
    dissolved = replace(shots[1], transition=Transition("dissolve", 0.5))
    assert reasons(plan(film(shots[0], dissolved), past=past))[1] == "starts from another frame of river.a"


def test_another_way_of_going_on_is_told_from_another_length_of_it(
    shots: list[Shot], film: MakeFilm, plan: MakePlan
) -> None:
    def why(now: Continuity) -> str:
        return reasons(plan(film(shots[0], replace(shots[1], continuity=now)), past=past))[1]

    past = past_of(plan(film(shots[0], replace(shots[1], continuity=Continuity("river.a", "overlap", 9)))))
    assert why(Continuity("river.a", "overlap", 13)) == "overlaps river.a by another number of frames"
    assert why(Continuity("river.a", "reference")) == "length changed; goes on from river.a in another way"


def test_a_cut_instead_of_continuity_is_named(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    past = past_of(plan(film(*shots)))
    why = reasons(plan(film(shots[0], replace(shots[1], continuity=None)), past=past))[1]
    assert why == "variant, continuity changed"
