"""What a folder or file is: layout, variant, types, sizes. Only headers are read; torch only for `.pth` files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from wan.errors import CheckpointError
from wan.variants import VARIANTS
from wan.weights.headers import ITEM_BYTES, TensorInfo, read_header
from wan.weights.layout import class_name, read_json

Layout: TypeAlias = Literal["diffusers", "reference", "single"]


@dataclass(frozen=True, slots=True)
class Component:
    """One model of a checkpoint: the folder it has in diffusers layout, what it is, and its weights.

    `dtype` is the type most of its bytes are in (the names of the safetensors format), `scaled` whether fp8 weights
    come with scales. `nbytes` are those of the weights.
    """

    name: str
    kind: str
    dtype: str
    scaled: bool
    parameters: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Description:
    """What `describe` found. `variant` is None for parts that several variants share; `missing` are components that
    a whole checkpoint of the variant has and this one lacks."""

    path: Path
    layout: Layout
    variant: str | None
    components: tuple[Component, ...]
    missing: tuple[str, ...]

    @property
    def dtype(self) -> str:
        """The type most bytes are in."""
        return max(self.components, key=lambda part: part.nbytes).dtype

    @property
    def parameters(self) -> int:
        """Of all components."""
        return sum(part.parameters for part in self.components)

    @property
    def nbytes(self) -> int:
        """Of all weights."""
        return sum(part.nbytes for part in self.components)


def describe(path: Path) -> Description:
    """What is at `path`. Raises `CheckpointError` when it is no checkpoint of WAN 2.2; it lists what was looked for."""
    if not path.exists():
        raise CheckpointError(f"{path} does not exist")
    if path.is_dir() and (path / "model_index.json").is_file() and not _in_reference_keys(path):
        return _diffusers(path)
    return _other(path)


def _diffusers(folder: Path) -> Description:
    """A folder in diffusers layout; the variant follows from the class and the channels of its transformer."""
    from wan.convert.gather import shards

    parts = []
    for name in {name: None for row in VARIANTS.values() for name in row.components}:
        place = folder / name
        if (place / "config.json").is_file():
            tensors: dict[str, TensorInfo] = {}
            for file in shards(place):
                tensors |= read_header(file)
            config = read_json(place / "config.json")
            parts.append(_component(name, class_name(config) or "?", tensors))
    if not parts:
        raise CheckpointError(f"{folder} has a model_index.json and no components beside it")
    variant = _variant_of(folder)
    names = {part.name for part in parts} | ({"tokenizer"} if (folder / "tokenizer").is_dir() else set())
    missing = _missing(variant, names)
    return Description(folder, "diffusers", variant, tuple(parts), missing)


def _variant_of(folder: Path) -> str | None:
    place = folder / "transformer" / "config.json"
    config = read_json(place) if place.is_file() else {}
    for variant, row in VARIANTS.items():
        kind = row.components["transformer"]
        same = all(config.get(key) == value for key, value in kind.config.items())
        if config.get("_class_name") == kind.class_name and same:
            return variant
    return None


def _missing(variant: str | None, names: Collection[str]) -> tuple[str, ...]:
    """The components of the variant that are not among those found."""
    return tuple(name for name in VARIANTS[variant].components if name not in names) if variant else ()


def _in_reference_keys(folder: Path) -> bool:
    """S2V is published with diffusers' folders and the reference's keys in `transformer/`."""
    place = folder / "transformer" / "config.json"
    published = {row.components["transformer"].published_as for row in VARIANTS.values()} - {None}
    return place.is_file() and read_json(place).get("_class_name") in published


def _other(path: Path) -> Description:
    from wan.convert.gather import gather

    gathered = gather([path])
    parts = tuple(
        _component(name, part.kind.name, part.weights.source.tensors) for name, part in sorted(gathered.parts.items())
    )
    if not parts:
        raise CheckpointError(f"{path} holds no weights of WAN 2.2, only {', '.join(sorted(gathered.names))}")
    missing = _missing(gathered.variant, gathered.names)
    return Description(path, "reference" if path.is_dir() else "single", gathered.variant, parts, missing)


def _component(name: str, kind: str, tensors: Mapping[str, TensorInfo]) -> Component:
    sizes: dict[str, int] = {}
    for info in tensors.values():
        sizes[info.dtype] = sizes.get(info.dtype, 0) + info.nbytes
    scaled = any(name.endswith((".scale_weight", ".weight_scale")) for name in tensors)
    dtype = max(sizes, key=lambda dtype: sizes[dtype], default="F32")
    count = sum(size // ITEM_BYTES[dtype] for dtype, size in sizes.items())
    return Component(name, kind, dtype, scaled, count, sum(sizes.values()))
