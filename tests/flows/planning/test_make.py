"""A plan as a whole: what is new, what is cached, what spreads, what the totals say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import Problem, StoryboardError
from flows.planning import plan_to_json
from flows.planning.model import Plan
from flows.storyboard.model import (
    Continuity,
    Format,
    GuidanceOverride,
    SamplingOverride,
    Scene,
    Shot,
    Size,
    Storyboard,
    Transition,
)
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.families import FAMILIES
from wan.request import Guidance


def fingerprints(plan: Plan) -> dict[str, str]:
    return {shot.id: shot.takes[0].fingerprint for shot in plan.shots}


def edited(film: Storyboard, name: str, **changes: object) -> Storyboard:
    def edit(shot: Shot) -> Shot:
        return replace(shot, **changes) if shot.id == name else shot  # type: ignore[arg-type]

    return replace(film, scenes=tuple(Scene(scene.id, tuple(map(edit, scene.shots))) for scene in film.scenes))


@pytest.fixture
def boat(shot: MakeShot, film: MakeFilm) -> Storyboard:
    return film(
        shot("launch"),
        shot("drift", continuity=Continuity("river.launch")),
        shot("far", continuity=Continuity("river.drift")),
        shot("kite", takes=2),
        seed=7,
    )


def test_the_same_film_gives_the_same_plan(boat: Storyboard, plan: MakePlan) -> None:
    assert plan(boat) == plan(boat)


def test_nothing_is_new_once_everything_is_in_the_store(boat: Storyboard, plan: MakePlan) -> None:
    first = plan(boat)
    again = plan(boat, finished=frozenset(clip.fingerprint for clip in first.clips))
    assert again.totals.cached == again.totals.takes == 5
    assert again.totals.rendering_seconds == 0
    assert again.critical_path == ()
    assert again.totals.width == 0
    assert {take.why for shot in again.shots for take in shot.takes} == {"in the store"}


def test_a_changed_prompt_spreads_through_frames_and_no_further(boat: Storyboard, plan: MakePlan) -> None:
    before = fingerprints(plan(boat))
    after = fingerprints(plan(edited(boat, "drift", prompt="a blue box falls")))
    assert [name for name in before if before[name] != after[name]] == ["river.drift", "river.far"]


def test_a_cut_stops_the_spread(boat: Storyboard, plan: MakePlan) -> None:
    cut = edited(boat, "far", continuity=None)
    before = fingerprints(plan(cut))
    after = fingerprints(plan(edited(cut, "launch", prompt="a blue box falls")))
    assert [name for name in before if before[name] != after[name]] == ["river.launch", "river.drift"]


def test_moving_renaming_and_inserting_shots_change_no_fingerprint(
    boat: Storyboard, shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    launch, drift, far, kite = boat.shots
    moved = film(
        replace(kite, id="dragon", scene="sky"),
        shot("new"),
        replace(launch, id="start"),
        replace(drift, continuity=Continuity("river.start")),
        far,
        seed=7,
    )
    before, after = fingerprints(plan(boat)), fingerprints(plan(moved))
    assert after["sky.dragon"] == before["river.kite"]
    assert after["river.start"] == before["river.launch"]
    assert after["river.drift"] == before["river.drift"]
    assert after["river.far"] == before["river.far"]


def test_a_shot_may_go_on_from_a_later_one(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("second", continuity=Continuity("river.first")), shot("first")))
    assert [one.id for one in made.shots] == ["river.second", "river.first"]
    assert made.shots[0].takes[0].clips[0].upstream == (made.shots[1].takes[0].fingerprint,)
    assert [clip.fingerprint for clip in made.clips] == [
        made.shots[1].takes[0].fingerprint,
        made.shots[0].takes[0].fingerprint,
    ]


def test_a_continued_shot_covers_all_upstream_takes(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", takes=3), shot("b", continuity=Continuity("river.a"), takes=2)))
    above = tuple(take.fingerprint for take in made.shots[0].takes)
    assert {take.clips[0].upstream for take in made.shots[1].takes} == {above}
    assert made.shots[1].depends_on == ("river.a",)


def test_identical_shots_are_rendered_once(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", prompt="same"), shot("b", prompt="same")))
    assert made.shots[0].takes[0].fingerprint == made.shots[1].takes[0].fingerprint
    assert len(made.clips) == 1
    assert made.totals.rendering_seconds == pytest.approx(made.shots[0].estimated_seconds)
    assert made.shots[1].estimated_seconds == 0


def test_what_is_in_the_store_has_estimates_that_nobody_adds_up(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    """It may be damaged, and has to be rendered again."""
    boat = film(shot("a"), shot("b", duration=3.0))
    first = plan(boat)
    again = plan(boat, finished=[clip.fingerprint for clip in first.clips[:1]])
    estimates = [(clip.estimated_low, clip.estimated_seconds, clip.estimated_high) for clip in again.clips]
    assert estimates == [(clip.estimated_low, clip.estimated_seconds, clip.estimated_high) for clip in first.clips]
    assert [clip.status for clip in again.clips] == ["cached", *["new"] * (len(again.clips) - 1)]
    assert (again.shots[0].estimated_seconds, again.critical_path) == (0, ("river.b",))
    assert again.totals.rendering_seconds == pytest.approx(again.shots[1].estimated_seconds)
    whole = plan(boat, finished=[clip.fingerprint for clip in first.clips])
    assert (whole.totals.rendering_seconds, whole.totals.estimate) == (0, "measured")
    assert (whole.totals.loads, whole.totals.gpus) == (first.totals.loads, first.totals.gpus)
    assert plan_to_json(whole)["totals"]["loads"] == {}


def test_takes_count_seeds_up_from_the_shot_else_the_film_else_zero(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    shots = shot("own", seed=11, takes=3), shot("film")
    assert [take.seed for one in plan(film(*shots, seed=7)).shots for take in one.takes] == [11, 12, 13, 7]
    assert [take.seed for one in plan(film(*shots)).shots for take in one.takes] == [11, 12, 13, 0]
    assert [take.seed for one in plan(film(*shots), render={"takes": 1}).shots for take in one.takes] == [11, 0]


def test_the_last_seed_wraps_around(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", seed=2**63 - 1, takes=2)))
    assert [take.seed for take in made.shots[0].takes] == [2**63 - 1, 0]


def test_transitions_shorten_the_film(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a"), shot("b", transition=Transition("dissolve", 0.5)), shot("c")))
    assert made.totals.frames == 3 * 32 - 8
    assert made.totals.film_seconds == 5.5


def test_the_critical_path_is_the_longest_chain_of_new_shots(boat: Storyboard, plan: MakePlan) -> None:
    made = plan(boat)
    assert made.critical_path == ("river.launch", "river.drift", "river.far")
    assert made.totals.width == 3
    kept = plan(boat, finished=frozenset({fingerprints(made)["river.launch"]}))
    assert kept.critical_path == ("river.drift", "river.far")


def test_a_draft_takes_half_the_steps(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    storyboard = film(shot("a"), shot("b", sampling=SamplingOverride(num_inference_steps=9)))
    final, draft = plan(storyboard), plan(storyboard, render={"steps_scale": 0.5})
    steps = [[one.takes[0].clips[0].spec.sampling.num_inference_steps for one in made.shots] for made in (final, draft)]
    assert steps == [[12, 9], [6, 4]]
    assert fingerprints(final)["river.a"] != fingerprints(draft)["river.a"]


def test_a_draft_keeps_the_few_steps_of_a_distilled_model_and_makes_the_picture_smaller(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    own = SamplingOverride(num_inference_steps=20)
    storyboard = film(shot("a"), shot("b", duration=10.0), shot("c", sampling=own), format=Format(Size(1280, 720)))
    draft = {"steps_scale": 0.5, "size_scale": 0.667}
    made = plan(storyboard, render=draft, model="wan22-lightning")
    drawn = [(clip.spec.sampling.num_inference_steps, clip.spec.width, clip.spec.height) for clip in made.clips]
    assert drawn == [(4, 848, 480)] * 3 + [(10, 1280, 720)]
    assert (made.width, made.height) == (1280, 720), "the film's size stays: the edit scales"
    whole = plan(storyboard, model="wan22-lightning").clips[0]
    assert (whole.spec.sampling.num_inference_steps, whole.spec.width) == (4, 1280)
    slower = plan(storyboard, render={"steps_scale": 2.0, "size_scale": 0.667}, model="wan22-lightning").clips[0]
    assert (slower.spec.sampling.num_inference_steps, slower.spec.width) == (8, 1280)


def test_the_configuration_samples_what_shots_leave_open(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    own = SamplingOverride(10, GuidanceOverride(2.0, None), 9.0, "dpmpp")
    storyboard = film(shot("a"), shot("b", sampling=own))
    asked = {"flow_shift": 7.0, "guidance_high": 5.0, "guidance_low": 1.0, "solver": "euler", "num_inference_steps": 8}
    open_, said = (one.takes[0].clips[0].spec.sampling for one in plan(storyboard, render=asked).shots)
    assert (open_.flow_shift, open_.guidance_scale, open_.solver) == (7.0, Guidance(5.0, 1.0), "euler")
    assert (said.flow_shift, said.guidance_scale, said.solver) == (9.0, Guidance(2.0, 1.0), "dpmpp")


def test_the_boundary_is_the_shots_then_the_configurations_then_the_variants(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    storyboard = film(shot("a"), shot("b", sampling=SamplingOverride(boundary_ratio=0.0)), shot("c", duration=4.0))
    usual, asked = plan(storyboard), plan(storyboard, render={"boundary_ratio": 0.5})
    assert [clip.spec.sampling.boundary_ratio for clip in usual.clips] == [0.875, 0.0, 0.875, 0.9]
    assert [clip.spec.sampling.boundary_ratio for clip in asked.clips] == [0.5, 0.0, 0.5, 0.5]
    same = [one.fingerprint == two.fingerprint for one, two in zip(usual.clips, asked.clips, strict=True)]
    assert same == [False, True, False, False]


def test_one_transformer_has_no_boundary(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    single = film(shot("a", variant="ti2v-5b", sampling=SamplingOverride(boundary_ratio=0.9)))
    with pytest.raises(StoryboardError, match="ti2v-5b has one transformer"):
        plan(single)
    made = plan(film(shot("a", variant="ti2v-5b")), render={"boundary_ratio": 0.9})
    assert made.clips[0].spec.sampling.boundary_ratio is None


def test_the_configurations_negative_prompt_is_for_shots_without_one(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    storyboard = film(shot("a"), shot("b", negative_prompt="rain"), shot("c", negative_prompt=""))
    made = plan(storyboard, model="wan22", render={"negative_prompt": "blurry"})
    assert [clip.spec.negative_prompt for clip in made.clips] == ["blurry", "rain", ""]


def test_assets_are_listed_by_digest(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", image=Path("/films/start.png"))))
    assert made.assets == {"start".ljust(64, "0"): "/films/start.png"}
    assert made.shots[0].takes[0].clips[0].spec.image == "start".ljust(64, "0")


def test_real_checkpoints_without_family_defaults_use_the_variants_own(
    shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    made = plan(film(shot("a", duration=None)), model="wan22")
    clip = made.shots[0].takes[0].clips[0]
    assert (clip.spec.width, clip.spec.height, clip.spec.num_frames, clip.fps) == (1280, 720, 81, 16)
    assert (clip.spec.sampling.num_inference_steps, clip.spec.sampling.flow_shift) == (40, 12.0)
    assert clip.spec.negative_prompt.startswith("色调艳丽")
    assert clip.spec.numerics.precision == "reference"


def test_all_problems_are_reported_at_once(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    end = Path("/films/a.png")
    found = problems(
        film(
            shot("a", audio=end),
            shot("b", variant="t2v-a14b", continuity=Continuity("river.a", "keyframes")),
            shot("c", end_image=end),
            shot("d", sampling=SamplingOverride(solver="unpic")),
        )
    )
    assert [problem.shot for problem in found] == ["river.a", "river.b", "river.c", "river.d"]


def test_a_family_that_cannot_go_on_says_so_of_long_shots(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]], monkeypatch: pytest.MonkeyPatch
) -> None:
    only_text = replace(FAMILIES["tiny"], roles={"t2v-a14b": FAMILIES["tiny"].roles["t2v-a14b"]})
    monkeypatch.setattr("flows.resolve.look.FAMILIES", {"tiny": only_text})
    (found,) = problems(film(shot("a", image=Path("/films/a.png"))))
    assert "the tiny family has no checkpoint for i2v-a14b; it has t2v-a14b" in found.message
    (found,) = problems(film(shot("long", duration=10.0)))
    assert "nothing can go on from there" in found.message
