"""From the parts found to the files to write: every name, type, shape and byte is known before the first is written.

The weights are held against the class that will load them: a missing, strange or misshapen one is an error here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from torch import Tensor

from wan.convert.classes import Expected, expected
from wan.convert.gather import Found, Part, copied_files, pickled_weights
from wan.convert.released import IMAGE_PROCESSOR, model_index, scheduler
from wan.convert.sources import open_source
from wan.convert.targets import Target
from wan.convert.weights import Weights
from wan.convert.writer import Entry, by_alignment, header_of
from wan.errors import CheckpointError
from wan.variants import VARIANTS
from wan.weights.headers import FLOATS, TensorInfo
from wan.weights.layout import check_component

Dtype: TypeAlias = Literal["bf16", "fp32", "keep"]
DTYPES: tuple[Dtype, ...] = ("bf16", "fp32", "keep")
SHARD_BYTES = 5_000_000_000
_FINER_THAN_BF16 = ("F64", "F32", "F16")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A safetensors file to write."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def nbytes(self) -> int:
        """Its size."""
        return len(header_of(self.entries)) + sum(entry.nbytes for entry in self.entries)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A small file whose content is known."""

    name: str
    text: str

    @property
    def nbytes(self) -> int:
        """Its size."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file taken over as it is."""

    name: str
    source: Path

    @property
    def nbytes(self) -> int:
        """Its size."""
        return self.source.stat().st_size


Output: TypeAlias = WeightFile | TextFile | CopiedFile


def plan_files(found: Found, variant: str, dtype: Dtype, shard_bytes: int = SHARD_BYTES) -> list[Output]:
    """Every file of the converted checkpoint. Raises `CheckpointError` when a part is not what the variant needs."""
    outputs: list[Output] = []
    for name, part in sorted(found.parts.items()):
        outputs += _converted(name, part, variant, dtype, shard_bytes)
    for name, folder in sorted(found.folders.items()):
        outputs += _taken_over(name, folder, variant, shard_bytes)
    if "image_encoder" in found.names:
        outputs.append(_json("image_processor/preprocessor_config.json", IMAGE_PROCESSOR))
    outputs.append(_json("scheduler/scheduler_config.json", scheduler(variant)))
    outputs.append(_json("model_index.json", model_index(variant)))
    return outputs


def _converted(name: str, part: Part, variant: str, dtype: Dtype, shard_bytes: int) -> Iterator[Output]:
    try:
        config = part.kind.config(part.weights.tensors, part.stated)
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise CheckpointError(f"{part.place}: shapes and configuration are not those of a {part.kind.name}") from error
    except CheckpointError as error:
        raise CheckpointError(f"{part.place}: {error}") from error
    wanted = expected(part.kind, config)
    layout = VARIANTS[variant].components.get(name)
    if layout is None:
        raise CheckpointError(f"{part.place}: {variant} has no {name}, which this {part.kind.name} would be")
    for key, value in layout.config.items():
        if wanted.config.get(key) != value:
            raise CheckpointError(f"{part.place}: {key} is {wanted.config.get(key)}, {variant} needs {value} in {name}")
    entries = _entries(part, wanted, dtype if part.kind.cast else "keep")
    yield _json(f"{name}/config.json", wanted.config)
    yield from weight_files(name, part.kind.file, entries, shard_bytes)


def _entries(part: Part, wanted: Expected, dtype: Dtype) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for key, info in part.weights.tensors.items():
        for target in part.kind.targets(key):
            if target.key in entries:
                raise CheckpointError(f"{part.place}: two weights are {target.key}, {key} is one of them")
            entries[target.key] = _entry(part, key, info, target, _stored(info, wanted.keeps_fp32(target.key), dtype))
    _compare(part, {name: entry.shape for name, entry in entries.items()}, wanted.shapes)
    return list(entries.values())


def _entry(part: Part, key: str, info: TensorInfo, target: Target, stored: str) -> Entry:
    try:
        shape = target.shape(info.shape)
    except ValueError as error:
        raise CheckpointError(f"{part.place}: {key}: {error}") from error
    return Entry(target.key, stored, shape, lambda: _made(part.weights, key, target))


def _made(weights: Weights, key: str, target: Target) -> Tensor:
    return target.take(weights.read(key))


def _stored(info: TensorInfo, keeps_fp32: bool, dtype: Dtype) -> str:
    """The type a weight is written in. Vectors, and what the class computes in fp32, are small and never rounded."""
    if info.dtype not in FLOATS or dtype == "keep":
        return info.dtype
    if dtype == "fp32":
        return "F32"
    vector = sum(size > 1 for size in info.shape) <= 1
    return "F32" if (vector or keeps_fp32) and info.dtype in _FINER_THAN_BF16 else "BF16"


def _compare(part: Part, found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> None:
    missing, strange = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or strange:
        raise CheckpointError(
            f"{part.place} is not a whole {part.kind.name}: {len(missing)} weights are missing ({_few(missing)}), "
            f"{len(strange)} are too many ({_few(strange)})"
        )
    for name, shape in wanted.items():
        if found[name] != shape:
            raise CheckpointError(f"{part.place}: {name} is {list(found[name])}, {part.kind.name} needs {list(shape)}")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "") or "none"


def weight_files(folder: str, stem: str, entries: Sequence[Entry], shard_bytes: int) -> list[Output]:
    """The entries in files of at most `shard_bytes` (one larger weight has a file of its own), with their index."""
    shards: list[list[Entry]] = [[]]
    filled = 0
    for entry in entries:
        if shards[-1] and filled + entry.nbytes > shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(entry)
        filled += entry.nbytes
    if len(shards) == 1:
        return [WeightFile(f"{folder}/{stem}.safetensors", tuple(by_alignment(shards[0])))]
    names = [f"{stem}-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    places = {entry.name: name for name, shard in zip(names, shards, strict=True) for entry in shard}
    total = sum(entry.nbytes for entry in entries)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    files = [
        WeightFile(f"{folder}/{name}", tuple(by_alignment(shard))) for name, shard in zip(names, shards, strict=True)
    ]
    return [*files, _json(f"{folder}/{stem}.safetensors.index.json", index)]


def _taken_over(name: str, folder: Path, variant: str, shard_bytes: int) -> Iterator[Output]:
    """A component that is in its final form already; pickled weights (of the speech encoder) become safetensors."""
    pickled = pickled_weights(folder)
    if pickled is not None and name in VARIANTS[variant].components:
        weights = Weights(open_source([pickled]))
        entries = [
            Entry(key, info.dtype, info.shape, lambda key=key: weights.read(key))  # type: ignore[misc]
            for key, info in weights.tensors.items()
        ]
        yield from weight_files(name, "model", entries, shard_bytes)
    elif name in VARIANTS[variant].components:
        check_component(name, folder, VARIANTS[variant].components[name])
    for file in copied_files(folder):
        yield CopiedFile(f"{name}/{file.relative_to(folder).as_posix()}", file)


def _json(name: str, value: Mapping[str, Any]) -> TextFile:
    return TextFile(name, json.dumps(dict(value), indent=2, ensure_ascii=False) + "\n")
