"""What a safetensors file holds, read from its header alone: names, types, shapes and places. No torch.

The only place that knows the format (https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import json
import math
from collections import Counter
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


class Pickled(NotSafetensors):
    """A pickle, whatever its name says."""


_SIGNATURES: tuple[tuple[bytes, type[NotSafetensors], str], ...] = (
    (b"PK\x03\x04", Pickled, "is pickled"),
    *((b"\x80" + bytes([version]), Pickled, "is pickled") for version in range(2, 6)),
    (b"GGUF", NotSafetensors, "is a GGUF file, which cannot be used: take the safetensors file that it was made from"),
    (
        b"version https://git-lfs",
        NotSafetensors,
        "is a pointer of Git LFS, not the file: git lfs pull",
    ),
    (b"<!doctype", NotSafetensors, "is a web page, not a safetensors file: fetch it again, logged in"),
    (b"<html", NotSafetensors, "is a web page, not a safetensors file: fetch it again, logged in"),
    (b"\x93NUMPY", NotSafetensors, "is a NumPy array, not a safetensors file"),
    (b"\x1f\x8b", NotSafetensors, "is compressed: unpack it (gunzip)"),
)
"""First bytes of what is found under the name of a safetensors file."""


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
    metadata = _table(path)[0].get(_METADATA)
    return {str(name): str(value) for name, value in metadata.items()} if isinstance(metadata, dict) else {}


def _table(path: Path) -> tuple[dict[str, Any], int]:
    """The header as it stands there, and the byte at which the data begins."""
    try:
        with path.open("rb") as file:
            first = file.read(8)
            length = int.from_bytes(first, "little")
            text = file.read(length if 2 <= length <= _LONGEST_HEADER else 32)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    if not 2 <= length <= _LONGEST_HEADER or text[:1] not in (b"{", b""):
        raise _something_else(path, first + text, length)
    if len(text) < length:
        raise CheckpointError(f"{path} is cut: {len(text):,} bytes of its header of {length:,}; fetch it again")
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except _Twice as error:
        raise CheckpointError(f"{path}: its header names {error} twice") from None
    except (ValueError, RecursionError) as error:
        raise NotSafetensors(f"{path} cannot be read as safetensors: {error}") from error
    return header, 8 + length


def _something_else(path: Path, start: bytes, length: int) -> NotSafetensors:
    if not start:
        return NotSafetensors(f"{path} is empty: fetch it again")
    for signature, kind, what in _SIGNATURES:
        if start.lower().startswith(signature.lower()):
            return kind(f"{path} {what}")
    return NotSafetensors(f"{path} is not a safetensors file (its header would be {length:,} bytes long)")


class _Twice(ValueError):
    """A key that stands twice in one table of JSON, which readers resolve in their own ways."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise _Twice(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return table


def _tensor(path: Path, name: str, entry: Any, data: int) -> TensorInfo:
    try:
        dtype, shape, (start, end) = entry["dtype"], tuple(int(size) for size in entry["shape"]), entry["data_offsets"]
        info = TensorInfo(dtype, shape, path, data + int(start))
        if dtype not in ITEM_BYTES:
            raise CheckpointError(f"{path}: {name} is of type {dtype}, which is not supported")
        if min(shape, default=0) < 0 or start < 0 or end - start != info.nbytes:
            raise CheckpointError(f"{path}: {name} has {end - start} bytes for the shape {list(shape)} of {dtype}")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path}: the entry of {name} in the header is broken: {error}") from error
    return info
