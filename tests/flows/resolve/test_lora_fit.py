"""A LoRA of another model is found by the plan, from the headers of both, before a worker is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.errors import Place, Problem
from flows.resolve.lora_fit import misfits
from flows.storyboard.model import Lora, Scene, Shot, Storyboard
from tests.wan.lora.test_file import write
from wan.families import FAMILIES, Family, FamilyLora
from wan.weights.checkpoint import Checkpoint

TINY = FAMILIES["tiny"]
LAYER = "blocks.0.attn1.to_q"
PLACE, TWICE = Place("film.yaml", 9, 7), Place("film.yaml", 12, 7)


def film(*loras: Lora, **values: Any) -> Storyboard:
    place = Place("film.yaml", 3, 5)
    shot = Shot(id="a", scene="s", place=place, places={}, prompt="a red box", loras=loras, **values)
    return Storyboard(title="X", slug="x", path=Path("film.yaml"), scenes=(Scene("s", (shot,)),))


def lora(file: Path, expert: Any = "both", place: Place = PLACE) -> Lora:
    return Lora(file.name, 1.0, expert, file, place)


def pair(model: str = "", width: int = 160) -> dict[str, tuple[int, ...]]:
    return {f"{model}{LAYER}.lora_A.weight": (3, width), f"{model}{LAYER}.lora_B.weight": (width, 3)}


@pytest.fixture(scope="module")
def checkpoints() -> dict[str, Checkpoint]:
    return {variant: Checkpoint.open(TINY, variant, None) for variant in ("t2v-a14b", "i2v-a14b")}


def found(story: Storyboard, checkpoints: dict[str, Checkpoint], family: Family = TINY) -> list[Problem]:
    files: dict[str | FamilyLora, Path] = {
        one.key: one.file for shot in story.shots for one in shot.loras if one.file is not None
    }
    return list(misfits(story, family, files, checkpoints, {}))


def test_one_that_was_made_for_the_model_is_no_problem(tmp_path: Path, checkpoints: dict[str, Checkpoint]) -> None:
    assert found(film(lora(write(tmp_path, pair()))), checkpoints) == []


def test_one_of_another_model_is_named_with_all_variants_it_would_be_laid_on(
    tmp_path: Path, checkpoints: dict[str, Checkpoint]
) -> None:
    other = write(tmp_path, {"double_blocks.0.img_attn_proj.diff": (1, 4)})
    story = film(lora(other), lora(other, place=TWICE), duration=10.0)
    problems = found(story, checkpoints)
    assert [(problem.place, problem.shot) for problem in problems] == [(PLACE, "s.a"), (TWICE, "s.a")]
    for problem in problems:
        assert problem.message == (
            "style.safetensors was made for another model: double_blocks.0.img_attn_proj.diff belongs to no layer"
        )
        assert problem.fix == "take one that was made for t2v-a14b and i2v-a14b, or remove it"
    (problem, _) = found(film(lora(other), lora(other), duration=1.0), checkpoints)
    assert problem.fix == "take one that was made for t2v-a14b, or remove it"


def test_one_of_a_wider_model_is_told_both_widths(tmp_path: Path, checkpoints: dict[str, Checkpoint]) -> None:
    (problem,) = found(film(lora(write(tmp_path, pair(width=5120)))), checkpoints)
    assert f"adds [5120, 5120] to {LAYER}, which is [160, 160]" in problem.message


def test_a_file_of_one_expert_is_not_laid_on_the_other(tmp_path: Path, checkpoints: dict[str, Checkpoint]) -> None:
    low = write(tmp_path, pair("transformer_2."))
    (problem,) = found(film(lora(low, "high")), checkpoints)
    assert (
        problem.message == "style.safetensors is laid on the high-noise expert, and holds weights for the low-noise one"
    )
    assert problem.fix == "write `expert: low`, or leave it out"
    assert found(film(lora(low, "low")), checkpoints) == found(film(lora(low)), checkpoints) == []


def test_a_checkpoint_that_is_not_here_is_no_yardstick(tmp_path: Path) -> None:
    assert found(film(lora(write(tmp_path, pair(width=8)))), {}) == []


def test_the_familys_own_are_to_be_fetched_again(tmp_path: Path, checkpoints: dict[str, Checkpoint]) -> None:
    own = FamilyLora("lightning-t2v", "style.safetensors", "high")
    role = replace(TINY.roles["t2v-a14b"], loras=(own,))
    family = replace(TINY, roles={**TINY.roles, "t2v-a14b": role})
    file = write(tmp_path, pair(width=8))
    (problem,) = misfits(film(), family, {own: file}, checkpoints, {})
    assert problem.message.startswith(f"{file}: style.safetensors was made for another model")
    assert (problem.place, problem.fix) == (None, "fetch it again: wanflow models pull lightning-t2v")
