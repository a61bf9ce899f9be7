"""What a safetensors file holds, from its header alone. https://github.com/huggingface/safetensors#format"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wan.errors import CheckpointError

_LONGEST_HEADER = 100_000_000
_BITS: Mapping[str, int] = MappingProxyType(
    {"F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16}
    | {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I8": 8, "U8": 8, "BOOL": 8, "F4": 4}
)


@dataclass(frozen=True, slots=True)
class Weight:
    """One tensor: safetensors' name of its type (`BF16`), its shape, and how many bytes it takes."""

    dtype: str
    shape: tuple[int, ...]
    size: int

    @property
    def count(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Weight]:
    """Every tensor of the file by name. Raises `CheckpointError` when the file is cut, longer or not what it says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        length = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
        if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            raise CheckpointError(f"{path} is no safetensors file: it does not begin with a header")
        try:
            rows = json.loads(file.read(length))
        except ValueError as error:
            raise CheckpointError(f"{path} is no safetensors file: its header is not JSON") from error
    if not isinstance(rows, dict):
        raise CheckpointError(f"{path} is no safetensors file: its header is no table")
    rows.pop("__metadata__", None)
    try:
        spans = sorted((*map(int, row["data_offsets"]), name) for name, row in rows.items())
        weights = {name: _weight(row) for name, row in rows.items()}
    except (TypeError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path} is no safetensors file: its header describes no tensors") from error
    _check_spans(path, spans, size - 8 - length)
    _check_sizes(path, weights)
    return weights


def _weight(row: dict[str, Any]) -> Weight:
    start, end = row["data_offsets"]
    return Weight(str(row["dtype"]), tuple(map(int, row["shape"])), int(end) - int(start))


def _check_spans(path: Path, spans: list[tuple[Any, ...]], data: int) -> None:
    at = 0
    for start, end, name in spans:
        if start != at or end < start:
            raise CheckpointError(f"{path}: its header has a gap or an overlap at {name}")
        at = end
    if at != data:
        raise CheckpointError(f"{path} holds {data:,} bytes of weights, its header speaks of {at:,}: it was cut")


def _check_sizes(path: Path, weights: Mapping[str, Weight]) -> None:
    for name, weight in weights.items():
        bits = _BITS.get(weight.dtype)
        if bits is not None and weight.size != -(-weight.count * bits // 8):
            raise CheckpointError(
                f"{path}: {name} is said to be {weight.dtype} {list(weight.shape)}, its size is another"
            )
