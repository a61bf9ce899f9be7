"""What weights at a path are, WAN 2.2 or not, pulled or not: from manifests, configurations and headers alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from wan.convert.detect import Component
from wan.convert.detect import describe as describe_wan
from wan.errors import CheckpointError
from wan.hub.manifest import Manifest, read_manifest
from wan.lora.info import LoraFacts, look_at_lora
from wan.system.folders import found_in
from wan.weights.headers import read_header
from wan.weights.layout import PICKLES, class_name, read_json


@dataclass(frozen=True, slots=True)
class Part:
    """A component or file: its class if known, parameters, bytes of weights, the types they are kept in (the one of
    most bytes first), and whether 8-bit weights come with scales."""

    name: str
    kind: str
    parameters: int
    size: int
    dtypes: tuple[str, ...]
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What lies at a path. `layout` is diffusers, reference, single, lora, or files: no checkpoint of WAN 2.2 but
    weights.

    `missing` are components that a whole checkpoint of the variant has beside these; `manifest` is there if it was
    pulled.
    """

    path: Path
    layout: str
    variant: str | None
    parts: tuple[Part, ...]
    missing: tuple[str, ...] = ()
    manifest: Manifest | None = None
    lora: LoraFacts | None = None

    @property
    def parameters(self) -> int:
        """Of all parts."""
        return sum(part.parameters for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of weights."""
        return sum(part.size for part in self.parts)


def describe(path: Path) -> Description:
    """Raises `CheckpointError` when there are no weights, or broken ones."""
    manifest = read_manifest(path) if path.is_dir() else None
    if manifest is not None and manifest.layout not in ("diffusers", "reference"):
        return Description(path, manifest.layout, manifest.variant, _files(path), (), manifest)
    if path.is_file() and path.suffix not in PICKLES and (lora := look_at_lora(path)) is not None:
        return Description(path, "lora", lora.variants[0] if len(lora.variants) == 1 else None, _files(path), lora=lora)
    try:
        described = describe_wan(path)
    except CheckpointError as error:
        parts = _files(path) if path.exists() else ()
        if not parts:
            raise
        if path.is_dir() and (path / "model_index.json").is_file():
            raise CheckpointError(f"{path} has a model_index.json, but: {error}") from error
        return Description(path, "files", manifest.variant if manifest else None, parts, (), manifest)
    variant = described.variant or (manifest.variant if manifest else None)
    parts = tuple(_part(component) for component in described.components)
    return Description(path, described.layout, variant, parts, described.missing, manifest)


def _part(found: Component) -> Part:
    return Part(found.name, found.kind, found.parameters, found.nbytes, (found.dtype,), found.scaled)


def _files(path: Path) -> tuple[Part, ...]:
    """Each file of weights for itself."""
    files = [path] if path.is_file() else list(found_in(path, "**/*.safetensors"))
    return tuple(_file(file, file.relative_to(path).as_posix() if path.is_dir() else file.name) for file in files)


def _file(file: Path, name: str) -> Part:
    tensors = read_header(file)
    sizes: Counter[str] = Counter()
    for info in tensors.values():
        sizes[info.dtype] += info.nbytes
    dtypes = tuple(dtype for dtype, _ in sizes.most_common())
    return Part(name, _class_beside(file), sum(info.count for info in tensors.values()), sum(sizes.values()), dtypes)


def _class_beside(file: Path) -> str:
    config = file.parent / "config.json"
    row = read_json(config) if config.is_file() else {}
    return class_name(row) or ""
