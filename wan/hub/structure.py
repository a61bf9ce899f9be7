"""Whether a folder of weights is what it claims to be: headers, shards, layout. Reads no weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wan.checkpoint import Checkpoint
from wan.errors import CheckpointError
from wan.hub.headers import read_header
from wan.layout import LAYOUTS, read_json


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one file (its path in the folder) or, with `.`, the folder as a whole."""

    path: str
    what: str


def structure_faults(folder: Path, *, layout: str, variant: str | None) -> Iterator[Fault]:
    """Safetensors files that are not sound, shards that are named and not there, parts that the layout lacks."""
    for path in sorted(folder.rglob("*.safetensors")):
        try:
            read_header(path)
        except (CheckpointError, OSError) as error:
            yield Fault(path.relative_to(folder).as_posix(), str(error))
    for path in sorted(folder.rglob("*.safetensors.index.json")):
        yield from _index_faults(folder, path)
    if layout == "diffusers" and variant is not None and variant in LAYOUTS:
        try:
            Checkpoint.at(folder, variant)
        except CheckpointError as error:
            yield Fault(".", str(error))


def _index_faults(folder: Path, index: Path) -> Iterator[Fault]:
    name = index.relative_to(folder).as_posix()
    try:
        shards = sorted(set(read_json(index).get("weight_map", {}).values()))
    except (CheckpointError, AttributeError, TypeError) as error:
        yield Fault(name, f"is no index of shards: {error}")
        return
    for shard in shards:
        if not (index.parent / shard).is_file():
            yield Fault(name, f"names the shard {shard}, which is not there")
