"""How clips are spread over a gang, and what is said of models that cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import flows
from flows.config import compose
from flows.errors import StoryboardError
from flows.planning.gangs import gang_problems, layout_of
from flows.planning.model import PlannedShot, Take
from flows.storyboard.model import Transition
from tests.flows.cluster.clips import clip
from tests.flows.made import changed
from wan.parallel.layout import Layout
from wan.request import Guidance

HEADS = {"t2v-a14b": 40, "ti2v-5b": 24}


def shot(name: str, *variants: str, guidance: float = 4.0, cached: bool = False) -> PlannedShot:
    clips = [clip(f"{name} {variant}", variant=variant) for variant in variants]
    clips = [
        changed(each, sampling=replace(each.spec.sampling, guidance_scale=Guidance(guidance, guidance)))
        for each in clips
    ]
    clips = [replace(each, status="cached") for each in clips] if cached else clips
    return PlannedShot(
        id=name,
        scene=name,
        num_frames=5,
        fps=16.0,
        takes=(Take(0, clips[-1].fingerprint, "new", "", tuple(clips)),),
        depends_on=(),
        transition=Transition(),
        estimated_seconds=0.0,
    )


@pytest.mark.parametrize(
    ("high", "low", "members", "layout"),
    [
        (4.0, 3.0, 1, Layout()),
        (4.0, 3.0, 2, Layout(2, 1)),
        (4.0, 3.0, 8, Layout(2, 4)),
        (4.0, 3.0, 5, Layout(1, 5)),
        (1.0, 1.0, 2, Layout(1, 2)),
        (1.0, 3.0, 2, Layout(1, 2)),
    ],
)
def test_prompts_go_apart_where_every_step_has_two(high: float, low: float, members: int, layout: Layout) -> None:
    spec = clip("a").spec
    sampling = replace(spec.sampling, guidance_scale=Guidance(high, low))
    assert layout_of(replace(spec, sampling=sampling), members) == layout


@pytest.mark.parametrize(
    ("override", "shots", "told"),
    [
        ("cluster.gpus_per_worker=2", [shot("a", "t2v-a14b", "ti2v-5b")], []),
        ("cluster.gpus_per_worker=3", [shot("a", "t2v-a14b", cached=True)], []),
        ("cluster.gpus_per_worker=3", [shot("a", "vace-14b")], []),
        (
            "cluster.gpus_per_worker=5",
            [shot("a", "t2v-a14b"), shot("b", "ti2v-5b"), shot("c", "ti2v-5b")],
            ["b: cluster.gpus_per_worker=5: the 24 attention heads of ti2v-5b cannot be dealt out over 5"],
        ),
        (
            "cluster.gang=16",
            [shot("a", "t2v-a14b"), shot("b", "t2v-a14b", guidance=1.0)],
            ["b: cluster.gang=16: the 40 attention heads of t2v-a14b cannot be dealt out over 16"],
        ),
    ],
)
def test_heads_that_cannot_be_dealt_out_are_said_once_with_the_first_shot(
    override: str, shots: list[PlannedShot], told: list[str]
) -> None:
    found = list(gang_problems(shots, compose([override]).settings.cluster, HEADS))
    assert [f"{each.shot}: {each.message}" for each in found] == told


def test_a_keyframe_is_rendered_by_the_gang_too() -> None:
    held, still = shot("a", "i2v-a14b"), shot("a", "t2v-a14b").takes[0]
    keyed = replace(held, keyframe=replace(still, number=0))
    gang = compose(["cluster.gang=3"]).settings.cluster
    assert [problem.shot for problem in gang_problems([keyed], gang, HEADS)] == ["a"]
    assert list(gang_problems([held], gang, HEADS)) == []


def test_what_would_do_is_said() -> None:
    (problem,) = gang_problems([shot("a", "t2v-a14b")], compose(["cluster.gang=3"]).settings.cluster, HEADS)
    assert problem.fix == "what can be dealt out: cluster.gang=1, 2, 4, 5, 8, 10, 16"


def test_a_film_whose_models_cannot_be_shared_out_is_refused_at_its_shots(tmp_path: Path) -> None:
    file = tmp_path / "film.yaml"
    file.write_text(
        "storyboard: 1\ntitle: A boat\nshot_defaults: {duration: 2s}\n"
        "scenes:\n  - id: river\n    shots:\n      - {id: launch, prompt: a red boat}\n"
    )
    overrides = [f"store.address={tmp_path / 'store'}", "cluster.cpus_per_worker=0.1"]
    with pytest.raises(
        StoryboardError, match=r"film\.yaml:7:\d+: shot river\.launch: cluster\.gang=3: the 4 attention"
    ):
        flows.plan(flows.load(file, [*overrides, "cluster.gang=3"]))
    two, one = (flows.plan(flows.load(file, [*overrides, f"cluster.gang={number}"])) for number in (2, 1))
    assert two.totals.rendering_seconds < one.totals.rendering_seconds
    assert [clip.fingerprint for clip in two.clips] == [clip.fingerprint for clip in one.clips]
