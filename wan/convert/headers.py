"""What a safetensors file holds, read from its header alone: names, types, shapes and places. No torch.

The only place that knows the format (https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wan.errors import CheckpointError

ITEM_BYTES: Mapping[str, int] = {
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL"), 1),
}
"""Bytes an element of each type takes; the names are those of the safetensors format."""

FLOATS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})
FP8 = frozenset({"F8_E4M3", "F8_E5M2"})
_LONGEST_HEADER = 100_000_000
_METADATA = "__metadata__"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor's type and shape; `path` and `start` (bytes) say where it lies, as far as its file tells."""

    dtype: str
    shape: tuple[int, ...]
    path: Path
    start: int = 0

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of its data."""
        return self.count * ITEM_BYTES[self.dtype]


class NotSafetensors(CheckpointError):
    """Something else than a safetensors file."""


def read_header(path: Path) -> dict[str, TensorInfo]:
    """The tensors of one file, in the order their data lies.

    Raises `CheckpointError` for a broken or cut file, `NotSafetensors` for one of another format.
    """
    table, data = _table(path)
    table.pop(_METADATA, None)
    tensors = {name: _tensor(path, name, entry, data) for name, entry in table.items()}
    end, size = max((info.start + info.nbytes for info in tensors.values()), default=data), path.stat().st_size
    if end > size:
        raise CheckpointError(f"{path} is cut: {size:,} bytes of {end:,}; fetch it again")
    return dict(sorted(tensors.items(), key=lambda item: item[1].start))


def read_metadata(path: Path) -> dict[str, str]:
    """What whoever wrote the file noted down in it. Raises as `read_header` does."""
    found = _table(path)[0].get(_METADATA)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _table(path: Path) -> tuple[dict[str, Any], int]:
    """The header as it stands there, and the byte at which the data begins."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _LONGEST_HEADER:
                raise NotSafetensors(f"{path} is not a safetensors file (its header would be {length:,} bytes long)")
            header = json.loads(file.read(length))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise NotSafetensors(f"{path} cannot be read as safetensors: {error}") from error
    if not isinstance(header, dict):
        raise NotSafetensors(f"{path} is not a safetensors file: its header is no table of tensors")
    return header, 8 + length


def _tensor(path: Path, name: str, entry: Any, data: int) -> TensorInfo:
    try:
        dtype, shape, (start, end) = entry["dtype"], tuple(int(size) for size in entry["shape"]), entry["data_offsets"]
        info = TensorInfo(dtype, shape, path, data + int(start))
        if dtype not in ITEM_BYTES:
            raise CheckpointError(f"{path}: {name} is of type {dtype}, which is not supported")
        if min(shape, default=0) < 0 or start < 0 or end - start != info.nbytes:
            raise CheckpointError(f"{path}: {name} has {end - start} bytes for the shape {list(shape)} of {dtype}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: the entry of {name} in the header is broken: {error}") from error
    return info
