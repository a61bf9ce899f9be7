"""Read every byte of a pulled folder and say what is broken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from wan.hub.journal import JOURNAL
from wan.hub.manifest import File, Manifest, read_manifest
from wan.hub.structure import Fault, layout_faults, shared_parts, weight_faults
from wan.system.digests import remember_digests
from wan.system.folders import found_in
from wan.system.host import cores
from wan.weights.places import MANIFEST

_READ = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `manifest` is None for a folder that was not pulled: of it only the structure is known."""

    folder: Path
    manifest: Manifest | None
    faults: tuple[Fault, ...]
    read: int


def verify(
    folder: Path,
    *,
    layout: str = "diffusers",
    variant: str | None = None,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Sizes and digests against the manifest, headers, shards and layout. Nothing in the folder is changed.

    `layout` and `variant` are for folders without a manifest. `on_bytes` is told of bytes read, from several threads.
    Digests are remembered, so that a pull after it knows which files are broken. Raises `CheckpointError` when the
    manifest cannot be understood.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        unpulled = list(weight_faults(folder))
        for part in sorted(set(shared_parts(folder, variant).values())):
            unpulled += [Fault(f"{part}/{fault.path}", fault.what) for fault in weight_faults(part)]
        unpulled += _unsaid(unpulled, layout_faults(folder, layout=layout, variant=variant))
        return Verified(folder, None, tuple(unpulled), 0)
    with ThreadPoolExecutor(min(4, cores())) as threads:
        looks = {path: threads.submit(_look, folder / path, file, on_bytes) for path, file in manifest.files.items()}
    faults = [Fault(path, fault) for path, look in looks.items() if (fault := look.result()[0])]
    remember_digests({folder / path: digest for path, look in looks.items() if (digest := look.result()[1])})
    named = {fault.path for fault in faults}
    faults += [fault for fault in weight_faults(folder) if fault.path not in named]
    faults += _unsaid(faults, layout_faults(folder, layout=manifest.layout, variant=manifest.variant))
    faults += [
        Fault(path, "is not of this model: it was put here by someone else") for path in _strangers(folder, manifest)
    ]
    return Verified(folder, manifest, tuple(faults), manifest.size)


def _unsaid(known: Iterable[Fault], faults: Iterable[Fault]) -> list[Fault]:
    """What keeps a folder from being loaded, but for what was said of a single file already."""
    said = {fault.what for fault in known}
    return [fault for fault in faults if fault.what not in said]


def _look(path: Path, file: File, on_bytes: Callable[[int], None]) -> tuple[str | None, str | None]:
    """What is wrong with a file, and its digest if it was read."""
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"has {size:,} bytes; pulled were {file.size:,}", None
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as opened:
            while data := opened.read(_READ):
                digest.update(data)
                on_bytes(len(data))
    except FileNotFoundError:
        return "is missing", None
    except OSError as error:
        return f"cannot be read: {error.strerror}", None
    actual = digest.hexdigest()
    return (None if actual == file.sha256 else f"was changed: its sha256 is {actual}, pulled was {file.sha256}"), actual


def _strangers(folder: Path, manifest: Manifest) -> list[str]:
    """Weights beside the pulled ones: a loader might take them."""
    known = {*manifest.files, MANIFEST, JOURNAL}
    names = (path.relative_to(folder).as_posix() for path in found_in(folder, "**/*.safetensors"))
    return sorted(path for path in names if path not in known)
