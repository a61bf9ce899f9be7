"""Files that are LoRAs, and files that only look like some: each is refused for what it is, from its header alone."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wan.errors import RequestError
from wan.lora.file import UnusableLora, by_place, open_lora
from wan.lora.notes import NOTE, spoken_expert

QUERY = "blocks.0.attn1.to_q"
PLACES = {QUERY, "blocks.0.norm2"}
PAIR = {f"{QUERY}.lora_A.weight": (3, 24), f"{QUERY}.lora_B.weight": (24, 3)}


def header_of(shapes: Mapping[str, tuple[int, ...]], metadata: Any = None) -> bytes:
    rows: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    end = 0
    for name, shape in shapes.items():
        rows[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end := end + 4 * math.prod(shape)]}
    text = json.dumps(rows).encode()
    return struct.pack("<Q", len(text)) + text


def write(folder: Path, shapes: Mapping[str, tuple[int, ...]], metadata: Any = None, name: str = "style") -> Path:
    path = folder / f"{name}.safetensors"
    path.write_bytes(header_of(shapes, metadata) + bytes(4 * sum(map(math.prod, shapes.values()))))
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"GGUF\x03\x00\x00\x00" + bytes(64), "is a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"PK\x03\x04" + bytes(64), "pickled weights can run code"),
        (b"\x80\x05\x95" + bytes(64), "pickled weights can run code"),
        (b"\x1f\x8b\x08" + bytes(64), "is compressed"),
        (b"nothing of the kind", "is not a safetensors file"),
        (header_of(PAIR)[:60], r"is cut: 52 bytes of its header of \d+; fetch it again"),
        (header_of(PAIR) + bytes(8), "is cut: .* bytes of .*; fetch it again"),
        (struct.pack("<Q", 9) + b'{"a": [1]', "cannot be read as safetensors"),
        (struct.pack(">Q", 70) + header_of(PAIR)[8:], "is not a safetensors file"),
    ],
)
def test_what_is_no_safetensors_file_is_called_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "style.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableLora, match=said) as raised:
        open_lora(path)
    assert str(path) in str(raised.value)
    assert raised.value.fix


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({f"{QUERY}.dora_scale": (24, 1)}, "is a DoRA"),
        ({f"{QUERY}.lokr_w1": (2, 2)}, "is a LoKr"),
        ({"lora_te1_encoder_0.lora_down.weight": (3, 8)}, "also changes the text encoder"),
        ({"blocks.0.attn1.to_k.weight": (24, 24)}, "holds no LoRA: it has blocks.0.attn1.to_k.weight"),
        ({"blocks.0.attn1.to_k.lora_A.other.weight": (3, 24)}, "holds several adapters: default, other"),
        ({"blocks.0.attn1.to_k.lora_A.weight": (0, 24)}, r"is broken: .*to_k.* has the shape \[0, 24\]"),
        ({f"{QUERY}.alpha": (2,)}, "is broken: .*alpha"),
    ],
)
def test_what_else_a_file_holds_is_named(tmp_path: Path, more: dict[str, tuple[int, ...]], said: str) -> None:
    with pytest.raises(UnusableLora, match=said):
        open_lora(write(tmp_path, PAIR | more))


def test_what_stands_twice_is_an_error(tmp_path: Path) -> None:
    both = PAIR | {f"diffusion_model.{key}": shape for key, shape in PAIR.items()}
    with pytest.raises(UnusableLora, match=f"changes {QUERY} twice"):
        by_place(open_lora(write(tmp_path, both)), None, PLACES)
    row = '{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
    text = f'{{"a.diff": {row}, "a.diff": {row}}}'.encode()
    path = tmp_path / "twice.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    with pytest.raises(UnusableLora, match=r"its header names a\.diff twice"):
        open_lora(path)


def test_the_keys_of_two_experts_are_kept_apart(tmp_path: Path) -> None:
    two = {f"{model}.{key}": shape for model in ("transformer", "transformer_2") for key, shape in PAIR.items()}
    file = open_lora(write(tmp_path, two))
    assert file.experts == ("high", "low")
    assert by_place(file, "high", PLACES)[QUERY]["down"] == f"transformer.{QUERY}.lora_A.weight"
    assert by_place(file, "low", PLACES)[QUERY]["down"] == f"transformer_2.{QUERY}.lora_A.weight"
    with pytest.raises(RequestError, match="two experts, and this model has one transformer"):
        by_place(file, None, PLACES)


def test_one_expert_alone_is_for_that_one_or_for_an_only_transformer(tmp_path: Path) -> None:
    file = open_lora(write(tmp_path, {f"transformer_2.{key}": shape for key, shape in PAIR.items()}))
    assert file.experts == ("low",)
    assert by_place(file, "high", PLACES) == {}
    assert by_place(file, "low", PLACES) == by_place(file, None, PLACES) != {}
    assert open_lora(write(tmp_path, {f"transformer.{key}": shape for key, shape in PAIR.items()})).experts == ()


@pytest.mark.parametrize(
    ("note", "scale"),
    [
        ({"transformer.r": 3, "transformer.lora_alpha": 6}, 2.0),
        ({"r": 3, "lora_alpha": 12}, 4.0),
        ({"transformer.lora_alpha": 6, "transformer.alpha_pattern": {"attn1.to_q": 9}}, 3.0),
        ({"transformer.lora_alpha": 6, "transformer.alpha_pattern": {"^blocks.0.attn1.to_q$": 3}}, 1.0),
        ({"transformer.lora_alpha": 6, "transformer.alpha_pattern": {"to_k": 9}}, 2.0),
        ({"transformer.r": 8, "transformer.rank_pattern": {"to_q": 3}, "transformer.lora_alpha": 3}, 1.0),
        ({"transformer.lora_alpha": 3, "transformer.use_rslora": True}, 3**0.5),
        ({"transformer_2.lora_alpha": 6, "transformer.lora_alpha": 3}, 1.0),
        ({}, 1.0),
        (None, 1.0),
        ([], 1.0),
    ],
)
def test_notes_of_every_form_give_the_scale(tmp_path: Path, note: Any, scale: float) -> None:
    path = write(tmp_path, {f"transformer.{key}": shape for key, shape in PAIR.items()}, {NOTE: json.dumps(note)})
    file = open_lora(path)
    key = file.keys[f"transformer.{QUERY}.lora_A.weight"]
    assert file.note(key).scale(key.layer, 3) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("{r: 3}", "is no JSON"),
        ("[1, 2]", "is no table"),
        ('{"transformer.lora_alpha": "much"}', "lora_alpha in its metadata is much, not a number"),
        ('{"transformer.lora_alpha": NaN}', "not a number"),
        ('{"transformer.alpha_pattern": [1]}', "no table of layers"),
        ('{"transformer.alpha_pattern": {"(a+)+": 1}}', "regular expression"),
        ('{"transformer.use_dora": true}', "it is a DoRA"),
    ],
)
def test_notes_that_cannot_be_understood_are_found_from_the_header(tmp_path: Path, note: str, said: str) -> None:
    path = write(tmp_path, PAIR, {NOTE: note})
    with pytest.raises(UnusableLora, match=said) as raised:
        open_lora(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("metadata", [None, {}, [], "text", {"format": None}, {NOTE: "null"}])
def test_other_metadata_says_nothing(tmp_path: Path, metadata: Any) -> None:
    assert open_lora(write(tmp_path, PAIR, metadata)).notes == {}


@pytest.mark.parametrize(
    ("name", "metadata", "expert"),
    [
        ("style_high_noise", None, "high"),
        ("Style-LowNoise-v2", {"ss_output_name": "high_noise"}, "low"),
        ("style", {"ss_output_name": "style_high_noise"}, "high"),
        ("style", {"about": "for high noise and low noise"}, None),
        ("highlands", None, None),
    ],
)
def test_a_name_may_speak_of_an_expert(tmp_path: Path, name: str, metadata: Any, expert: str | None) -> None:
    assert spoken_expert(write(tmp_path, PAIR, metadata, name)) == expert
