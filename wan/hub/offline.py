"""What is here of a model, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wan.errors import HubRefusal
from wan.hub.journal import Journal
from wan.hub.manifest import File, Manifest, read_manifest
from wan.hub.structure import layout_faults, weight_faults
from wan.system.digests import remembered_digest
from wan.system.folders import found_in
from wan.variants.published import Model
from wan.weights.places import folder_of, partial_of


def whole_here(folder: Path) -> Manifest | None:
    """The manifest of a pulled folder if all its files are as they were pulled; None otherwise."""
    manifest = read_manifest(folder)
    return manifest if manifest is not None and not broken(folder, manifest) else None


def broken(folder: Path, manifest: Manifest) -> list[str]:
    """The files that are missing or others than were pulled: by size, and by digest if it is known without reading."""
    return [path for path, file in manifest.files.items() if not _as_pulled(folder / path, file)]


def _as_pulled(path: Path, file: File) -> bool:
    return path.is_file() and path.stat().st_size == file.size and remembered_digest(path) in (None, file.sha256)


def find_offline(model: Model, root: Path | None = None) -> tuple[Path, Manifest | None]:
    """Where the model is, and its manifest: pulled, or (without one) a snapshot in the Hugging Face cache.

    Raises `HubRefusal` that says what is missing.
    """
    folder = folder_of(model.name, root)
    manifest = read_manifest(folder)
    faulty = broken(folder, manifest) if manifest is not None else []
    if manifest is not None and not faulty:
        return folder, manifest
    cached = _cached(model)
    if cached is not None:
        return cached, None
    if faulty:
        raise HubRefusal(f"{folder} lacks or has broken: {_some(faulty)}; pull it again with the network")
    entries = Journal(partial_of(folder)).entries
    missing = [path for path, entry in entries.items() if entry.sha256 is None]
    if entries:
        raise HubRefusal(
            f"{model.name} is not here whole: {len(entries) - len(missing)} of {len(entries)} files are in "
            f"{partial_of(folder)}; missing: {_some(missing)}"
        )
    raise HubRefusal(
        f"{model.name} is neither in {folder} nor in the Hugging Face cache, and offline nothing is fetched"
    )


def _cached(model: Model) -> Path | None:
    """A snapshot in the Hugging Face cache that has all weights its indices name, and the layout of its variant."""
    from huggingface_hub import constants  # slow to import, and seldom needed

    home = Path(constants.HF_HUB_CACHE) / f"models--{model.huggingface.replace('/', '--')}"
    commit = model.commit
    if commit is None or not (home / "snapshots" / commit).is_dir():
        try:
            commit = (home / "refs" / "main").read_text(encoding="utf-8").strip()
        except OSError:
            return None
    folder = home / "snapshots" / commit
    if not any(found_in(folder, "**/*.safetensors")) or any(weight_faults(folder)):
        return None
    return None if any(layout_faults(folder, layout=model.layout, variant=model.variant)) else folder


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
