"""Find and check a checkpoint: a directory in diffusers layout, tiny or full size. No torch: planning reads this."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wan.errors import CheckpointError, NoCheckpoint
from wan.families import Family, Role
from wan.system.digests import file_digests, remembered_digests
from wan.system.folders import found_in
from wan.variants import VARIANTS
from wan.weights.layout import check_component, read_json, weight_files
from wan.weights.places import models_home

_READ_BYTES = 64 << 20
"""Files up to this size are read at once, whether their digests are known or not."""


@dataclass(frozen=True)
class Checkpoint:
    """The parts of one variant on disk, checked but not loaded.

    `components` maps `transformer`, `transformer_2`, `vae`, `text_encoder`, `tokenizer` to their folders, some of which
    several variants of a family may share.
    """

    variant: str
    folder: Path
    components: Mapping[str, Path]

    @classmethod
    def open(cls, family: Family, variant: str, root: Path | None = None) -> Checkpoint:
        """Find the checkpoint that fills `variant` in the family. Nothing is downloaded and no weights are read.

        A family with a root of its own (or another one given as `root`) is there and nowhere else. The others are
        looked for under `root`, among the pulled models (`wan.weights.places`), and in the local Hugging Face cache.

        Raises `NoCheckpoint` when there is none, `CheckpointError` when it is incomplete, of another kind, or pickled.
        """
        role = family.roles.get(variant)
        if role is None:
            have = ", ".join(sorted(family.roles))
            raise CheckpointError(f"the family {family.name!r} has no checkpoint for {variant}; it has {have}")
        base = root if root is not None else family.root
        if base is not None and not base.is_dir():
            raise CheckpointError(f"the checkpoints of {family.name!r} are expected in {base}, which is no folder")
        if family.root is None or base is None:
            return cls.at(_published(family, role, base), variant)
        shared = {name: base / folder for name, folder in role.shared.items()}
        return cls.at(base / role.folder, variant, shared=shared)

    @classmethod
    def at(cls, folder: Path, variant: str, *, shared: Mapping[str, Path] | None = None) -> Checkpoint:
        """A checkpoint in this very folder; `shared` names components that lie elsewhere. Raises `CheckpointError`."""
        if variant not in VARIANTS:
            raise CheckpointError(f"there is no variant {variant!r}; there are {', '.join(VARIANTS)}")
        layout = VARIANTS[variant].components
        index_file = folder / "model_index.json"
        if not index_file.is_file():
            raise CheckpointError(
                f"{folder} has no model_index.json: a checkpoint of {variant} in diffusers layout is expected there "
                f"(from another layout: wanflow models convert {folder} {folder}-diffusers)"
            )
        read_json(index_file)  # which must be readable: diffusers begins with it
        components = {name: (shared or {}).get(name, folder / name) for name in layout}
        for name, kind in layout.items():
            check_component(name, components[name], kind)
        return cls(variant, folder, components)

    @cached_property
    def revision(self) -> str:
        """sha256 (hex) over all configurations, tokenizer files and weights: the same for equal files anywhere."""
        named = self._named_files()
        return _revision(named, file_digests(list(named.values())))

    @property
    def known_revision(self) -> str | None:
        """The revision, if it is known without reading weights: None where one has changed since they were read."""
        named = self._named_files()
        large = [path for path in named.values() if path.stat().st_size > _READ_BYTES]
        if any(digest is None for digest in remembered_digests(large)):
            return None
        return _revision(named, file_digests(list(named.values())))

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files of weights, component by component, each once."""
        parts = (path for name, folder in self.components.items() for path in _files(name, folder))
        return tuple(dict.fromkeys(path for path in parts if path.suffix == ".safetensors"))

    @property
    def heads(self) -> int | None:
        """Attention heads of its transformers, which a gang deals out; None where the configuration does not say."""
        told = read_json(self.components["transformer"] / "config.json").get("num_attention_heads")
        return told if isinstance(told, int) else None

    def _named_files(self) -> Mapping[str, Path]:
        """What the revision is of, by name, in order."""
        named = {
            f"{name}/{path.name}": path for name, folder in self.components.items() for path in _files(name, folder)
        }
        return dict(sorted({**named, "model_index.json": self.folder / "model_index.json"}.items()))


def _revision(named: Mapping[str, Path], digests: Sequence[str]) -> str:
    lines = "".join(f"{digest}  {name}\n" for name, digest in zip(named, digests, strict=True))
    return hashlib.sha256(lines.encode()).hexdigest()


def _files(name: str, folder: Path) -> list[Path]:
    if name == "tokenizer":
        return [path for path in found_in(folder) if path.is_file()]
    return [folder / "config.json", *weight_files(name, folder)]


def _published(family: Family, role: Role, root: Path | None) -> Path:
    """The folder of a published checkpoint. One that was converted is preferred to the pulled one it was made from."""
    homes = [models_home()] if root is None else [root, models_home()]
    names = (role.folder, f"{role.variant}-diffusers", role.variant)
    for folder in (home / name for home in homes for name in names):
        if (folder / "model_index.json").is_file():
            return folder
    cached = _cached_snapshot(role)
    if cached is not None:
        return cached
    for folder in (home / name for home in homes for name in names):
        if folder.is_dir():  # begun, or of another layout: whoever opens it says so
            return folder
    where = " or ".join(map(str, homes))
    raise NoCheckpoint(
        f"no checkpoint for {role.variant} of {family.name!r} in {where} ({', '.join(names)}), and {role.repo} is not "
        f"in the Hugging Face cache. Fetch it (wanflow models pull {role.variant}), or set model.root to a folder that "
        f"holds {role.folder}/"
    )


def _cached_snapshot(role: Role) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # 0.3 s, and only needed when there is none elsewhere

    path = try_to_load_from_cache(role.repo, "model_index.json") if role.repo else None
    return Path(path).parent if isinstance(path, str) else None
