"""What is decided of a shot for all its takes at once, and what keeps it from being made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flows.errors import Problem
from flows.planning.recipes import ShotRecipe, lay_out, moments_of
from flows.resolve import Snapshot
from flows.settings import Settings
from flows.storyboard.model import SamplingOverride, Storyboard, Transition
from tests.flows.planning.conftest import MakeFilm, MakeShot
from wan.families import FAMILIES

LayOut = Callable[..., tuple[dict[str, ShotRecipe], list[Problem]]]


@pytest.fixture
def laid_out(settings: Settings) -> LayOut:
    """Recipes and problems of a film."""

    def make(
        storyboard: Storyboard, family: str = "tiny", **render: object
    ) -> tuple[dict[str, ShotRecipe], list[Problem]]:
        problems: list[Problem] = []
        chosen = replace(settings, render=replace(settings.render, **render))  # type: ignore[arg-type]
        _, recipes = lay_out(storyboard, chosen, FAMILIES["tiny"], Snapshot(storyboard_digest=""), problems)
        return recipes, problems

    return make


def test_a_long_shot_has_a_size_and_a_sampling_for_every_clip(shot: MakeShot, film: MakeFilm, laid_out: LayOut) -> None:
    recipes, problems = laid_out(film(shot("a", duration=5.0, seed=3, takes=2), seed=7))
    assert problems == []
    (made,) = recipes.values()
    assert (made.id, made.seed, made.count, made.num_frames) == ("river.a", 3, 2, 80)
    assert len(made.clips) == len(made.samplings) == len(made.sizes) == 3
    assert sum(clip.keep for clip in made.clips) == 80


def test_the_seed_is_the_films_and_the_number_of_takes_that_of_the_run(
    shot: MakeShot, film: MakeFilm, laid_out: LayOut
) -> None:
    (made,) = laid_out(film(shot("a", takes=2), seed=7), takes=5)[0].values()
    assert (made.seed, made.count) == (7, 5)
    (bare,) = laid_out(film(shot("a")))[0].values()
    assert (bare.seed, bare.count) == (0, 1)


def test_shots_that_are_sampled_alike_share_one_sampling(shot: MakeShot, film: MakeFilm, laid_out: LayOut) -> None:
    own = SamplingOverride(num_inference_steps=5)
    one, two, other = laid_out(film(shot("a"), shot("b"), shot("c", sampling=own)))[0].values()
    assert one.samplings[0] is two.samplings[0]
    assert other.samplings[0].num_inference_steps == 5


def test_a_shot_with_a_problem_is_left_out_and_the_others_are_made(
    shot: MakeShot, film: MakeFilm, laid_out: LayOut
) -> None:
    wrong = shot("b", sampling=SamplingOverride(solver="eular"))
    recipes, problems = laid_out(film(shot("a"), wrong))
    assert list(recipes) == ["river.a"]
    (problem,) = problems
    assert (problem.shot, problem.place) == ("river.b", wrong.where("sampling.solver"))
    assert "unknown solver 'eular'" in problem.message


def test_what_cannot_go_on_beyond_one_clip_is_told_to_be_shorter(
    shot: MakeShot, film: MakeFilm, settings: Settings
) -> None:
    family = FAMILIES["tiny"]
    text_alone = replace(family, roles={"t2v-a14b": family.roles["t2v-a14b"]})
    problems: list[Problem] = []
    long = shot("a", duration=60.0)
    _, recipes = lay_out(film(long), settings, text_alone, Snapshot(storyboard_digest=""), problems)
    (problem,) = problems
    assert (recipes, problem.fix, problem.place) == ({}, "make the shot shorter", long.where("duration"))


def test_moments_are_those_of_the_recipes(shot: MakeShot, film: MakeFilm, laid_out: LayOut) -> None:
    recipes, _ = laid_out(film(shot("a"), shot("b", transition=Transition("dissolve", 0.5))))
    assert moments_of(recipes, 16).starts == {"river.a": 0, "river.b": 24}
