"""A safetensors file written tensor by tensor: its header is known from the plan, so nothing has to be kept.

`safetensors.torch.save_file` wants the whole shard in memory at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from wan.convert.sources import DTYPES
from wan.errors import CheckpointError
from wan.system.files import move_over, settle
from wan.weights.headers import ITEM_BYTES, TensorInfo


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of a file to write: its name there, type and shape, and `make`, which reads it when its turn comes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    make: Callable[[], Tensor]

    @property
    def nbytes(self) -> int:
        """Bytes of its data."""
        return TensorInfo(self.dtype, self.shape, Path()).nbytes


def header_of(entries: Sequence[Entry]) -> bytes:
    """The file's first bytes: length, table of tensors, padding to eight bytes."""
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for entry in entries:
        table[entry.name] = {
            "dtype": entry.dtype,
            "shape": list(entry.shape),
            "data_offsets": [start, start + entry.nbytes],
        }
        start += entry.nbytes
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def by_alignment(entries: Sequence[Entry]) -> list[Entry]:
    """Wider types first, so that every tensor lies at a multiple of its item's size, as readers that map want it."""
    return sorted(entries, key=lambda entry: -ITEM_BYTES[entry.dtype])


class DigestFile:
    """A file being written, and the sha256 of what was written so far."""

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file, self._on_bytes, self._digest = file, on_bytes, hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        """Append, and say how many bytes it were."""
        self._digest.update(data)
        self._file.write(data)
        self._on_bytes(len(data))

    @property
    def sha256(self) -> str:
        """In hexadecimal digits."""
        return self._digest.hexdigest()


@contextmanager
def whole_file(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[DigestFile]:
    """Write a file under another name: `path` exists only when it is whole and on the disk.

    Raises `CheckpointError` when it cannot be written, as when the disk is full.
    """
    begun = path.with_name(f"{path.name}.writing")
    try:
        with begun.open("wb") as file:
            yield DigestFile(file, on_bytes)
            file.flush()
            settle(file.fileno())
        move_over(begun, path)
    except OSError as error:
        begun.unlink(missing_ok=True)
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror or error}; "
            "what is done is kept: the same command goes on from it"
        ) from error


def write_file(path: Path, entries: Sequence[Entry], on_bytes: Callable[[int], None]) -> str:
    """Write the tensors in the order given and give the file's sha256.

    Raises `CheckpointError` when the disk is full or a tensor is not what its entry says.
    """
    with whole_file(path, on_bytes) as file:
        file.write(header_of(entries))
        for entry in entries:
            file.write(_bytes(entry))
    return file.sha256


def is_written(path: Path, entries: Sequence[Entry]) -> bool:
    """Whether the file is there, whole, with just these tensors."""
    if not path.is_file():
        return False
    header = header_of(entries)
    if path.stat().st_size != len(header) + sum(entry.nbytes for entry in entries):
        return False
    with path.open("rb") as file:
        return file.read(len(header)) == header


def _bytes(entry: Entry) -> memoryview:
    tensor = entry.make().to(DTYPES[entry.dtype]).contiguous()
    if tuple(tensor.shape) != entry.shape:
        raise CheckpointError(f"{entry.name} is {list(tensor.shape)} where {list(entry.shape)} was announced")
    return tensor.reshape(-1).view(torch.uint8).numpy().data
