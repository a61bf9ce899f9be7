from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.errors import CheckpointError
from wan.weights.headers import NotSafetensors, Pickled, TensorInfo, read_header, read_metadata


def write(path: Path, table: dict[str, Any] | str, data: bytes = b"") -> Path:
    text = (table if isinstance(table, str) else json.dumps(table)).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str = "F32", shape: tuple[int, ...] = (2,), offsets: tuple[int, int] = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_a_file_of_safetensors_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file({"b": torch.zeros(3, 2), "a": torch.zeros(4, dtype=torch.bfloat16)}, file, metadata={"by": "us"})
    found = read_header(file)
    assert {name: (info.dtype, info.shape, info.nbytes) for name, info in found.items()} == {
        "b": ("F32", (3, 2), 24),
        "a": ("BF16", (4,), 8),
    }
    assert [info.start for info in found.values()] == sorted(info.start for info in found.values())
    assert read_metadata(file) == {"by": "us"}


def test_tensors_come_in_the_order_of_their_data(tmp_path: Path) -> None:
    table = {"late": entry(offsets=(8, 16)), "early": entry(offsets=(0, 8))}
    assert list(read_header(write(tmp_path / "w", table, bytes(16)))) == ["early", "late"]


def test_a_file_that_was_cut_says_how_much_of_it_is_here(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is cut"):
        read_header(write(tmp_path / "w", {"a": entry()}, bytes(5)))
    whole = write(tmp_path / "v", {"a": entry()}, bytes(8)).read_bytes()
    (tmp_path / "v").write_bytes(whole[:30])
    with pytest.raises(CheckpointError, match="of its header"):
        read_header(tmp_path / "v")


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (b"", NotSafetensors, "is empty"),
        (b"GGUF" + bytes(40), NotSafetensors, "GGUF"),
        (b"version https://git-lfs.github.com/spec/v1", NotSafetensors, "git lfs pull"),
        (b"<!DOCTYPE html><html>", NotSafetensors, "web page"),
        (pickle.dumps({"a": 1}), Pickled, "is pickled"),
        (b"PK\x03\x04" + bytes(40), Pickled, "is pickled"),
        (bytes(40), NotSafetensors, "not a safetensors file"),
    ],
)
def test_what_is_something_else_is_named(content: bytes, kind: type[Exception], told: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(kind, match=told):
        read_header(tmp_path / "w")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"a": entry("Q4")}, "type Q4"),
        ({"a": entry(shape=(3,))}, "8 bytes for the shape"),
        ({"a": entry(shape=(-2,))}, "for the shape"),
        ({"a": {"dtype": "F32"}}, "is broken"),
        ({"a": 3}, "is broken"),
        ('{"a": 1, "a": 2}', "names a twice"),
        ("{not json}", "cannot be read as safetensors"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(table: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=told):
        read_header(write(tmp_path / "w", table, bytes(8)))


def test_a_folder_and_nothing_at_all_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_header(path)


def test_a_number_is_one_element() -> None:
    assert TensorInfo("F16", (), Path()).nbytes == 2
