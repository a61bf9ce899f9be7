"""What a folder in diffusers layout, or a single file of weights, is: from configurations and headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wan.errors import CheckpointError
from wan.hub.headers import Weight, read_header
from wan.hub.manifest import Manifest, read_manifest
from wan.layout import LAYOUTS, ComponentKind, read_json


@dataclass(frozen=True, slots=True)
class Part:
    """A component: its class, parameters, bytes of weights, and the types they are kept in, the most used first."""

    name: str
    kind: str
    parameters: int
    size: int
    dtypes: tuple[str, ...]
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What lies at a path. `variants` are those whose layout it fits; `manifest` is there if it was pulled."""

    path: Path
    layout: str
    variants: tuple[str, ...]
    parts: tuple[Part, ...]
    manifest: Manifest | None = None

    @property
    def parameters(self) -> int:
        """Of all parts."""
        return sum(part.parameters for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of weights."""
        return sum(part.size for part in self.parts)


def describe(path: Path) -> Description:
    """Raises `CheckpointError` when there is nothing at the path that this version knows."""
    if path.is_file():
        return Description(path, "single file", (), (_part(path.name, "", [path]),))
    if not path.is_dir():
        raise CheckpointError(f"{path} is neither a file nor a folder")
    manifest = read_manifest(path)
    if (path / "model_index.json").is_file():
        parts = tuple(_component(folder) for folder in sorted(path.iterdir()) if _is_component(folder))
        return Description(path, "diffusers", _variants(path), parts, manifest)
    weights = sorted(path.rglob("*.safetensors"))
    if manifest is None and not weights:
        raise CheckpointError(
            f"{path} holds neither model_index.json (diffusers layout), {'wanflow.json'} (pulled) nor safetensors files"
        )
    parts = tuple(_part(file.relative_to(path).as_posix(), "", [file]) for file in weights)
    variant = () if manifest is None or manifest.variant is None else (manifest.variant,)
    return Description(path, manifest.layout if manifest else "files", variant, parts, manifest)


def _is_component(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.safetensors"))


def _component(folder: Path) -> Part:
    return _part(folder.name, _class_of(folder), sorted(folder.glob("*.safetensors")))


def _class_of(folder: Path) -> str:
    config = folder / "config.json"
    if not config.is_file():
        return ""
    row = read_json(config)
    return str(row.get("_class_name") or next(iter(row.get("architectures") or [""])))


def _part(name: str, kind: str, files: list[Path]) -> Part:
    weights: dict[str, Weight] = {}
    for file in files:
        weights |= read_header(file)
    scaled = any(key.endswith((".scale_weight", ".weight_scale")) or key == "scaled_fp8" for key in weights)
    sizes: Counter[str] = Counter()
    for weight in weights.values():
        sizes[weight.dtype] += weight.size
    dtypes = tuple(dtype for dtype, _ in sizes.most_common())
    return Part(name, kind, sum(_counted(weights)), sum(sizes.values()), dtypes, scaled)


def _counted(weights: Mapping[str, Weight]) -> list[int]:
    """Scales of 8-bit weights are not parameters."""
    scales = (".scale_weight", ".scale_input", ".weight_scale", ".input_scale", "scaled_fp8")
    return [weight.count for name, weight in weights.items() if not name.endswith(scales)]


def _variants(folder: Path) -> tuple[str, ...]:
    """The variants whose components all have the right class and configuration here."""
    return tuple(
        variant
        for variant, layout in LAYOUTS.items()
        if all(_fits(folder / name, kind) for name, kind in layout.items() if kind.weights)
    )


def _fits(folder: Path, kind: ComponentKind) -> bool:
    if not (folder / "config.json").is_file() or _class_of(folder) != kind.class_name:
        return False
    config = read_json(folder / "config.json")
    return all(config.get(key, wanted) == wanted for key, wanted in kind.config.items())
