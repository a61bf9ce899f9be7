"""Which expert a LoRA is for: found by the plan from its keys, remarked from its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.errors import Place
from flows.planning.media import clip_loras
from flows.resolve import resolve
from flows.resolve.snapshot import Snapshot
from flows.settings import Settings
from flows.store import open_store
from flows.storyboard.model import Lora, Scene, Shot, Storyboard
from tests.wan.lora.test_file import write
from wan.families import FAMILIES

ROLE = FAMILIES["tiny"].roles["t2v-a14b"]


def looked(settings: Settings, file: Path, expert: Any = "both") -> tuple[Shot, Snapshot]:
    lora = Lora(file.name, 0.5, expert, file, Place("film.yaml", 9, 7))
    shot = Shot(
        id="a", scene="s", place=Place("film.yaml", 3, 5), places={}, prompt="a red box", loras=(lora,), duration=1
    )
    story = Storyboard(title="X", slug="x", path=Path("film.yaml"), scenes=(Scene("s", (shot,)),))
    settings = replace(settings, model=replace(settings.model, root=None))
    return shot, resolve(story, settings, open_store(settings.store.address))


def pairs(*models: str) -> dict[str, tuple[int, ...]]:
    layer = "blocks.0.attn1.to_q"
    return {f"{model}{layer}.lora_{x}.weight": s for model in models for x, s in (("A", (3, 160)), ("B", (160, 3)))}


@pytest.mark.parametrize(
    ("models", "expert", "laid"),
    [
        (("",), "both", ["both"]),
        (("transformer.",), "both", ["both"]),
        (("transformer_2.",), "both", ["low"]),
        (("transformer.", "transformer_2."), "both", ["high", "low"]),
        (("transformer.", "transformer_2."), "high", ["high"]),
        (("transformer_2.",), "low", ["low"]),
    ],
)
def test_keys_decide_on_which_expert_it_is_laid(
    tmp_path: Path, settings: Settings, models: tuple[str, ...], expert: str, laid: list[str]
) -> None:
    shot, snapshot = looked(settings, write(tmp_path, pairs(*models)), expert)
    assert snapshot.problems == snapshot.remarks == ()
    assert [(lora.expert, lora.weight) for lora in clip_loras(shot, ROLE, snapshot)] == [(name, 0.5) for name in laid]


def test_the_other_expert_is_a_problem_at_its_place(tmp_path: Path, settings: Settings) -> None:
    _, snapshot = looked(settings, write(tmp_path, pairs("transformer_2.")), "high")
    (problem,) = snapshot.problems
    assert "laid on the high-noise expert, and holds weights for the low-noise one" in problem.message
    assert problem.fix == "write `expert: low`, or leave it out"
    assert str(problem.place) == "film.yaml:9:7"


def test_a_name_that_speaks_of_an_expert_is_remarked_until_one_is_asked_for(tmp_path: Path, settings: Settings) -> None:
    file = write(tmp_path, pairs(""), name="style_high_noise")
    (remark,) = looked(settings, file)[1].remarks
    assert "was made for the high-noise one" in remark.message
    assert remark.fix == "write `expert: high` beside its name"
    assert looked(settings, file, "high")[1].remarks == ()


def test_what_cannot_be_used_comes_with_advice_of_its_own(tmp_path: Path, settings: Settings) -> None:
    (problem,) = looked(settings, write(tmp_path, pairs("") | {"blocks.0.x.dora_scale": (1, 1)}))[1].problems
    assert "is a DoRA, and cannot be used" in problem.message
    assert problem.fix == "take one with low-rank pairs or plain differences"
    (problem,) = looked(settings, write(tmp_path, {"blocks.0.attn1.to_q.lora_A.weight": (3, 160)}))[1].problems
    assert "only half" in problem.message
    assert problem.fix == "fetch it again, or take another one"
