"""Files of weights that are not what their headers say are found without reading the weights."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.wan.hub.conftest import safetensors
from wan.errors import CheckpointError
from wan.hub.structure import check_sound, layout_faults, weight_faults


def file_of(tensors: dict[str, object], data: bytes) -> bytes:
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + data


def tensor(start: int, end: int) -> dict[str, object]:
    return {"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]}


def test_a_sound_file_passes(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(safetensors(3, 1))
    check_sound(tmp_path / "w.safetensors")
    assert not list(weight_faults(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (safetensors(3, 1)[:-1], "cut"),
        (safetensors(3, 1) + b"more", "has 3,150 bytes, its header speaks of 3,146"),
        (file_of({"a": tensor(0, 4), "b": tensor(6, 8)}, bytes(8)), "gap or an overlap"),
        (file_of({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4)), "4 bytes for the shape"),
        (b"<html>", "safetensors file"),
        (b"", "is empty"),
        (struct.pack("<Q", 4) + b"nope", "is not a safetensors file"),
        (file_of([], b""), "is not a safetensors file"),  # type: ignore[arg-type]
    ],
)
def test_a_broken_file_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=said):
        check_sound(path)
    assert [fault.path for fault in weight_faults(tmp_path)] == ["w.safetensors"]


@pytest.mark.parametrize("index", ["{}", "[]", "nonsense", '{"weight_map": {"a": "gone.safetensors"}}'])
def test_an_index_without_its_shards_is_said(tmp_path: Path, index: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    faults = list(weight_faults(tmp_path))
    assert [fault.path for fault in faults] == ["model.safetensors.index.json"]


def test_a_folder_that_lacks_a_part_of_its_variant_is_said(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{}")
    assert "transformer" in next(layout_faults(tmp_path, layout="diffusers", variant="t2v-a14b")).what
    assert not list(layout_faults(tmp_path, layout="lora", variant="t2v-a14b"))
