"""LoRAs are looked for in real folders; what they do to a picture is tests/wan/test_lora.py's."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from flows.config import compose
from flows.errors import Place
from flows.planning.media import clip_loras
from flows.resolve import resolve
from flows.resolve.loras import find_loras
from flows.settings import ModelSettings, Settings
from flows.store import open_store
from flows.storyboard.model import Lora, Scene, Shot, Storyboard
from wan.families import FAMILIES, Family, FamilyLora
from wan.weights.places import MANIFEST

TINY = FAMILIES["tiny"]
LIGHTNING = FAMILIES["wan22-lightning"]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file that has the header of a LoRA."""

    def make(name: str, key: str = "blocks.0.attn1.to_q.lora_A.weight") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = json.dumps({key: {"dtype": "F32", "shape": [1, 4], "data_offsets": [0, 16]}}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16) + name.encode())
        return path

    return make


def film(*loras: Lora, **values: Any) -> Storyboard:
    place = Place("film.yaml", 3, 5)
    shot = Shot(id="a", scene="s", place=place, places={}, prompt="a red box", loras=loras, **values)
    return Storyboard(title="X", slug="x", path=Path("film.yaml"), scenes=(Scene("s", (shot,)),))


def model(folder: Path | None, family: Family = TINY) -> ModelSettings:
    return ModelSettings(family=family.name, root=None, loras=folder)


def test_a_name_is_a_file_in_the_folder_and_a_path_is_itself(tmp_path: Path, write: Write) -> None:
    grain, fur = write("loras/style/grain.safetensors"), write("fur.safetensors")
    loras = (Lora("style/grain"), Lora("fur.safetensors", file=fur))
    found = find_loras(film(*loras), TINY, model(tmp_path / "loras"))
    assert found.named == {"style/grain": grain, str(fur): fur}
    assert found.problems == ()


@pytest.mark.parametrize("name", ["soft light/fur v1.2 (final)", "毛皮", "Pelage d'été", "..fur", "-x", "a, b: c"])
def test_a_name_is_whatever_a_file_may_be_called(tmp_path: Path, write: Write, name: str) -> None:
    file = write(f"loras/{name}.safetensors")
    assert find_loras(film(Lora(name)), TINY, model(tmp_path / "loras")).named == {name: file}


def test_an_accent_may_be_written_in_two_ways(tmp_path: Path, write: Write) -> None:
    file = write(f"loras/{normalize('NFD', 'été')}.safetensors")
    assert find_loras(film(Lora(normalize("NFC", "été"))), TINY, model(tmp_path / "loras")).named == {"été": file}


def test_a_name_in_other_letters_is_suggested(tmp_path: Path, write: Write) -> None:
    write("loras/Film-Grain.safetensors")
    (problem,) = find_loras(film(Lora("FILM-GRAIN")), TINY, model(tmp_path / "loras")).problems
    assert problem.fix == "did you mean Film-Grain?"


def test_an_unknown_name_is_answered_with_the_nearest_at_its_place(tmp_path: Path, write: Write) -> None:
    write("loras/film-grain.safetensors")
    lora = Lora("film-grian", place=Place("film.yaml", 9, 21))
    (problem,) = find_loras(film(lora), TINY, model(tmp_path / "loras")).problems
    assert problem.fix == "did you mean film-grain?"
    assert str(problem.place) == "film.yaml:9:21"
    assert problem.shot == "s.a"


def test_a_name_needs_a_folder() -> None:
    (problem,) = find_loras(film(Lora("grain")), TINY, model(None)).problems
    assert "set model.loras to a folder that holds grain.safetensors" in (problem.fix or "")


@pytest.mark.parametrize("pulled", [True, False])
def test_the_familys_own_are_among_the_pulled_models_or_in_the_folder(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, pulled: bool
) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    home = "models" if pulled else "loras"
    files = [write(f"{home}/lightning-t2v/4steps/{name}_noise_model.safetensors") for name in ("high", "low")]
    if pulled:
        (tmp_path / "models/lightning-t2v" / MANIFEST).write_text("{}")
    found = find_loras(film(duration=1.0), LIGHTNING, model(None if pulled else tmp_path / "loras"))
    assert list(found.of_family.values()) == files
    assert [lora.expert for lora in found.of_family] == ["high", "low"]
    long = find_loras(film(duration=10.0), LIGHTNING, model(None if pulled else tmp_path / "loras"))
    assert list(long.of_family.values()) == files
    assert ["wanflow models pull lightning-i2v" in lack for lack in long.lacks] == [True, True]


def test_the_familys_own_may_be_pulled_to_the_folder_of_models(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    files = [write(f"weights/lightning-t2v/{name}_noise_model.safetensors") for name in ("high", "low")]
    (tmp_path / "weights/lightning-t2v" / MANIFEST).write_text("{}")
    found = find_loras(film(duration=1.0), LIGHTNING, replace(model(None), root=tmp_path / "weights"))
    assert list(found.of_family.values()) == files


def test_what_is_missing_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path))
    high, low = find_loras(film(duration=1.0), LIGHTNING, model(None)).lacks
    assert "needs high_noise_model.safetensors for t2v-a14b" in high
    assert "wanflow models pull lightning-t2v" in high
    assert "needs low_noise_model.safetensors" in low


def test_clips_get_the_familys_own_first_and_then_the_shots(tmp_path: Path, write: Write, settings: Settings) -> None:
    write("loras/grain.safetensors")
    write("loras/fast/one.safetensors")
    settings = replace(settings, model=replace(settings.model, loras=tmp_path / "loras"))
    story = film(Lora("grain", 0.5, "low"))
    snapshot = resolve(story, settings, open_store(settings.store.address))
    own = FamilyLora("fast", "one.safetensors", "high")
    snapshot = replace(snapshot, loras={**snapshot.loras, own: "f" * 64})
    role = replace(TINY.roles["t2v-a14b"], loras=(own,))
    first, second = clip_loras(story.shots[0], role, snapshot)
    assert (first.digest, first.expert) == ("f" * 64, "high")
    assert (second.digest, second.weight, second.expert) == (
        snapshot.digests[tmp_path / "loras/grain.safetensors"],
        0.5,
        "low",
    )


def test_a_file_that_is_no_lora_is_a_problem_of_the_plan(tmp_path: Path, write: Write, settings: Settings) -> None:
    fur = write("fur.safetensors", key="model.weight")
    story = film(Lora("fur.safetensors", file=fur, place=Place("film.yaml", 9, 21)))
    (problem,) = resolve(story, settings, open_store(settings.store.address)).problems
    assert "fur.safetensors holds no LoRA: it has model.weight" in problem.message
    assert problem.place == Place("film.yaml", 9, 21)


def test_the_four_step_family_samples_as_its_loras_were_distilled(settings: Settings) -> None:
    assert compose(["model=wan22-lightning"]).settings.model.family == "wan22-lightning"
    for variant, boundary in (("t2v-a14b", 0.875), ("i2v-a14b", 0.9)):
        role = LIGHTNING.roles[variant]
        assert role.sampling is not None
        assert (role.sampling.num_inference_steps, role.sampling.flow_shift, role.sampling.solver) == (4, 5.0, "euler")
        assert (role.sampling.guidance_scale.high, role.sampling.guidance_scale.low) == (1.0, 1.0)
        assert role.sampling.boundary_ratio == boundary
