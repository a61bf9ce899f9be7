from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.lora.notes import NOTE, BadNote, Notes, read_notes, spoken_expert


def write(path: Path, note: Any = None, **metadata: str) -> Path:
    noted = {} if note is None else {NOTE: note if isinstance(note, str) else json.dumps(note)}
    save_file({"w": torch.zeros(1)}, path, metadata={**noted, **metadata})
    return path


def test_nothing_noted_scales_nothing(tmp_path: Path) -> None:
    assert read_notes(write(tmp_path / "l.safetensors")) == {}
    assert read_notes(write(tmp_path / "m.safetensors", {})) == {}
    assert Notes().scale("blocks.0.attn1.to_q", 8) == 1.0


def test_alpha_is_shared_by_the_rank_or_by_its_root() -> None:
    assert Notes(alpha=8.0).scale("a", 16) == 0.5
    assert Notes(alpha=8.0, rank_stabilised=True).scale("a", 16) == 2.0
    assert Notes(alpha=8.0).scale("a", 0) == 1.0


def test_a_layer_may_have_an_alpha_of_its_own() -> None:
    notes = Notes(alpha=8.0, alphas={"^attn1\\.to_q$": 4.0})
    assert notes.scale("blocks.0.attn1.to_q", 4) == 1.0
    assert notes.scale("attn1.to_q", 4) == 1.0
    assert notes.scale("blocks.0.xattn1.to_q", 4) == 2.0


def test_notes_are_kept_by_model_and_a_text_encoders_are_left_out(tmp_path: Path) -> None:
    noted = {"transformer.lora_alpha": 4, "transformer_2.lora_alpha": 2, "transformer_2.use_rslora": True}
    found = read_notes(write(tmp_path / "l.safetensors", {**noted, "text_encoder.lora_alpha": 1}))
    assert found == {"transformer": Notes(4.0), "transformer_2": Notes(2.0, rank_stabilised=True)}


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("{", "no JSON"),
        ([1], "no table"),
        ({"transformer.use_dora": True}, "DoRA"),
        ({"transformer.lora_alpha": "much"}, "not a number"),
        ({"transformer.lora_alpha": "nan"}, "not a number"),
        ({"transformer.alpha_pattern": [1]}, "no table of layers"),
        ({"transformer.alpha_pattern": {"to_[qk]": 1}}, "regular expression"),
    ],
)
def test_notes_that_cannot_be_understood_are_refused(note: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadNote, match=told):
        read_notes(write(tmp_path / "l.safetensors", note))


@pytest.mark.parametrize(
    ("name", "metadata", "expert"),
    [
        ("film_high_noise", {}, "high"),
        ("film-LowNoise", {}, "low"),
        ("film", {"title": "for the low noise expert"}, "low"),
        ("film_high_noise", {"title": "low noise"}, "high"),
        ("high_noise_and_low_noise", {}, None),
        ("film", {}, None),
    ],
)
def test_a_name_says_which_expert_before_the_notes_do(
    name: str, metadata: dict[str, str], expert: str | None, tmp_path: Path
) -> None:
    assert spoken_expert(write(tmp_path / f"{name}.safetensors", **metadata)) == expert
