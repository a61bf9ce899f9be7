"""Why a take is rendered, said by comparing with the last finished film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.planning import past_of
from flows.planning.model import Plan
from flows.storyboard.model import Continuity, GuidanceOverride, SamplingOverride, Shot, Transition
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
    newer = ("tiling", "compilation", "LoRAs", "strength")
    older = {
        name: replace(shot, facts={key: value for key, value in shot.facts.items() if key not in newer})
        for name, shot in past.items()
    }
    mine, _ = reasons(plan(film(replace(shots[0], prompt="a blue box falls"), shots[1]), past=older))
    assert mine == "prompt changed"


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
    assert reasons(again) == ["no longer in the store (2 of 3 segments in the store)"]
    assert again.totals.cached == 0
    assert [clip.status for clip in again.clips] == ["cached", "cached", "new"]


def test_another_frame_of_the_same_upstream_is_told_from_another_upstream(
    shots: list[Shot], film: MakeFilm, plan: MakePlan
) -> None:
    past = past_of(plan(film(*shots)))
    dissolved = replace(shots[1], transition=Transition("dissolve", 0.5))
    assert reasons(plan(film(shots[0], dissolved), past=past))[1] == "starts from another frame of river.a"


def test_a_cut_instead_of_continuity_is_named(shots: list[Shot], film: MakeFilm, plan: MakePlan) -> None:
    past = past_of(plan(film(*shots)))
    why = reasons(plan(film(shots[0], replace(shots[1], continuity=None)), past=past))[1]
    assert why == "variant, continuity changed"
