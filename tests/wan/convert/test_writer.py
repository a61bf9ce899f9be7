from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from wan.convert.writer import Entry, by_alignment, header_of, is_written, whole_file, write_file
from wan.errors import CheckpointError


def entries() -> list[Entry]:
    return by_alignment(
        [
            Entry("narrow", "BF16", (3,), lambda: torch.tensor([1.0, 2.0, 3.0])),
            Entry("wide", "F32", (2, 2), lambda: torch.eye(2)),
        ]
    )


def test_a_file_written_tensor_by_tensor_is_one_of_safetensors(tmp_path: Path) -> None:
    path, told = tmp_path / "w.safetensors", []
    digest = write_file(path, entries(), told.append)
    found = load_file(path)
    assert found["narrow"].dtype == torch.bfloat16
    assert torch.equal(found["wide"], torch.eye(2))
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sum(told) == path.stat().st_size
    assert is_written(path, entries())


def test_wider_types_come_first_and_the_header_ends_at_eight_bytes() -> None:
    assert [entry.name for entry in entries()] == ["wide", "narrow"]
    assert len(header_of(entries())) % 8 == 0


def test_a_file_with_other_tensors_or_a_cut_one_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    assert not is_written(path, entries())
    write_file(path, entries(), lambda _: None)
    renamed = [Entry("wada", *[getattr(entries()[0], name) for name in ("dtype", "shape", "make")]), entries()[1]]
    assert not is_written(path, renamed)
    path.write_bytes(path.read_bytes()[:-1])
    assert not is_written(path, entries())


def test_a_tensor_of_another_shape_than_announced_leaves_no_file(tmp_path: Path) -> None:
    wrong = [Entry("w", "F32", (3,), lambda: torch.zeros(4))]
    with pytest.raises(CheckpointError, match=r"w is \[4\] where \[3\] was announced"):
        write_file(tmp_path / "w", wrong, lambda _: None)
    assert not (tmp_path / "w").exists()


def test_a_disk_that_refuses_is_said_and_nothing_half_written_stays(tmp_path: Path) -> None:
    def fill() -> None:
        with whole_file(tmp_path / "w") as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(CheckpointError, match="cannot be written: No space left"):
        fill()
    assert list(tmp_path.iterdir()) == []
