"""Whether a folder of weights is what it claims to be: headers, shards, layout. Reads no weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from wan.errors import CheckpointError
from wan.families import FAMILIES
from wan.system.folders import found_in
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint
from wan.weights.headers import read_header
from wan.weights.layout import indexed_files


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one file (its path in the folder) or, with `.`, the folder as a whole."""

    path: str
    what: str


def weight_faults(folder: Path) -> Iterator[Fault]:
    """Safetensors files that are not sound, and shards that an index names and are not there."""
    for path in found_in(folder, "**/*.safetensors"):
        try:
            check_sound(path)
        except (CheckpointError, OSError) as error:
            yield Fault(path.relative_to(folder).as_posix(), str(error))
    for path in found_in(folder, "**/*.safetensors.index.json"):
        yield from _index_faults(folder, path)


def shared_parts(folder: Path, variant: str | None) -> dict[str, Path]:
    """Components of a checkpoint that lie beside it, for several of a family: as those that ship with wanflow have."""
    place = folder.resolve()
    for family in FAMILIES.values():
        role = family.roles.get(variant or "")
        if family.root is not None and role is not None and role.folder == place.name:
            beside = {name: place.parent / part for name, part in role.shared.items()}
            return {name: part for name, part in beside.items() if part.is_dir() and not (place / name).is_dir()}
    return {}


def layout_faults(folder: Path, *, layout: str, variant: str | None) -> Iterator[Fault]:
    """What keeps a folder in diffusers layout from being loaded as its variant."""
    if layout == "diffusers" and variant is not None and variant in VARIANTS:
        try:
            Checkpoint.at(folder, variant, shared=shared_parts(folder, variant))
        except CheckpointError as error:
            yield Fault(".", str(error))


def check_sound(path: Path) -> None:
    """Raises `CheckpointError` unless the tensors of a safetensors file fill it to the last byte, without gaps.

    https://github.com/huggingface/safetensors#format
    """
    tensors = list(read_header(path).values())
    for first, second in pairwise(tensors):
        if first.start + first.nbytes != second.start:
            raise CheckpointError(f"{path}: its header has a gap or an overlap at byte {second.start:,}")
    end, size = (tensors[-1].start + tensors[-1].nbytes if tensors else 0), path.stat().st_size
    if tensors and end != size:
        raise CheckpointError(f"{path} has {size:,} bytes, its header speaks of {end:,}")


def _index_faults(folder: Path, index: Path) -> Iterator[Fault]:
    try:
        indexed_files(index)
    except CheckpointError as error:
        yield Fault(index.relative_to(folder).as_posix(), str(error))
