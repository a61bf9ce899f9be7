"""Fetch one model of the catalog: resumable, checked, and under its name only once it is whole."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from wan.errors import HubError, HubRefusal
from wan.hub.hubs import HUBS, Listing, RemoteFile
from wan.hub.journal import JOURNAL, Journal, Origin
from wan.hub.manifest import File, Manifest, read_manifest, write_manifest
from wan.hub.offline import broken, whole_here
from wan.hub.pull_lock import pull_lock
from wan.hub.structure import Fault, layout_faults, weight_faults
from wan.hub.transfer import CONNECTIONS, PART_BYTES, Progress, Transfer
from wan.hub.wire import ATTEMPTS, NotThere, Wire
from wan.system.digests import remember_digests
from wan.system.files import settle_folder
from wan.variants.published import Model
from wan.weights.places import MANIFEST, folder_of, partial_of

MARGIN = 1_000_000_000
"""Bytes of disk that a pull leaves free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where to fetch from. None: the hub's own address, the catalog's commit or the default branch, no token."""

    hub: str = "huggingface"
    endpoint: str | None = None
    revision: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a pull is cut up and how patient it is. Seconds and bytes."""

    connections: int = CONNECTIONS
    part_bytes: int = PART_BYTES
    attempts: int = ATTEMPTS
    first_pause: float = 1.0
    margin: int = MARGIN


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is here. `fetched` bytes came over the network for it this time.

    `unready` says why it cannot be rendered with as it is: None when it can, or is not for rendering.
    """

    folder: Path
    manifest: Manifest
    fetched: int
    unready: str | None


class Watcher(Progress, Protocol):
    """Told also how much there is to do."""

    def begin(self, model: Model, total: int, here: int) -> None:
        """`total` bytes make the model, `here` of them have arrived before."""


def pull(
    model: Model, watcher: Watcher, *, source: Source | None = None, root: Path | None = None, pace: Pace | None = None
) -> Pulled:
    """Have the model under `root` (default: `models_home()`), fetching what is missing or broken.

    A folder that is whole is left alone, without asking the hub. Raises `HubRefusal` when the person has to change
    something, `HubError` when the network failed: what arrived is kept, and the same call goes on from there.
    """
    source, pace = source or Source(), pace or Pace()
    folder = folder_of(model.name, root)
    here = whole_here(folder)
    if here is not None and source.revision in (None, here.revision, here.commit):
        return Pulled(folder, here, 0, _unready(folder, here))
    with pull_lock(folder):
        manifest = _whole(folder, source.revision)
        if manifest is not None:
            return Pulled(folder, manifest, 0, _unready(folder, manifest))
        wire = _wire(source, pace)
        try:
            return _fetch(model, folder, wire, source, pace, watcher)
        except HubRefusal:
            raise
        except HubError as error:
            raise HubError(f"{error}. {_kept(folder)}") from error
        finally:
            wire.close()


def _kept(folder: Path) -> str:
    entries = Journal(partial_of(folder)).entries.values()
    arrived, total = sum(entry.arrived for entry in entries), sum(entry.size for entry in entries)
    if not arrived:
        return "Nothing had arrived before; run the same command again to try once more"
    return f"{arrived / 1e9:,.2f} of {total / 1e9:,.2f} GB are kept; run the same command again to go on"


def _wire(source: Source, pace: Pace) -> Wire:
    return Wire(
        source.endpoint or HUBS[source.hub].endpoint,
        source.token,
        stop=threading.Event(),
        attempts=pace.attempts,
        first_pause=pace.first_pause,
        connections=pace.connections,
    )


def _fetch(model: Model, folder: Path, wire: Wire, source: Source, pace: Pace, watcher: Watcher) -> Pulled:
    hub = HUBS[source.hub]
    partial = partial_of(folder)
    journal = Journal(partial)
    listing = _listing(model, wire, source, journal.origin, watcher)
    files = _selected(model, listing)
    partial.mkdir(parents=True, exist_ok=True)
    journal.reconcile(listing, files, pace.part_bytes)
    total, here = sum(file.size for file in files), sum(entry.arrived for entry in journal.entries.values())
    _check_space(model, partial, journal, pace.margin)
    watcher.begin(model, total, here)
    Transfer(
        wire,
        lambda path: hub.url(wire.endpoint, listing, path),
        files,
        partial,
        journal,
        watcher,
        connections=pace.connections,
        part_bytes=pace.part_bytes,
    ).run()
    manifest = _manifest(model, listing, journal)
    _name_it(folder, partial, manifest)
    return Pulled(folder, manifest, total - here, _unready(folder, manifest))


def _listing(model: Model, wire: Wire, source: Source, begun: Origin | None, watcher: Watcher) -> Listing:
    """Of the revision that is asked for, else of the commit that was begun with, else of the catalog's."""
    hub, repo = HUBS[source.hub], model.repo(source.hub)
    if source.revision is not None:
        return hub.listing(wire, repo, source.revision)
    if hub.serves_commits and begun is not None and begun.commit and (begun.hub, begun.repo) == (source.hub, repo):
        try:
            return replace(hub.listing(wire, repo, begun.commit), revision=begun.revision)
        except NotThere:
            watcher.note(
                f"{repo} has the commit {begun.commit} no more, from which files are here: looking for another"
            )
    try:
        return hub.listing(wire, repo, model.pin(source.hub) or hub.branch)
    except NotThere as error:
        if model.pin(source.hub) is None:
            raise
        raise HubRefusal(
            f"{error}. It is the commit that wanflow knows; --revision {hub.branch} takes the newest"
        ) from error


def _selected(model: Model, listing: Listing) -> tuple[RemoteFile, ...]:
    """What is pulled of a listing. Names of our own are never taken from a repository."""
    wanted = [file for file in listing.files if any(fnmatchcase(file.path, pattern) for pattern in model.files)]
    wanted = [file for file in wanted if file.path not in (MANIFEST, JOURNAL)]
    if not any(file.path.endswith((".safetensors", ".onnx")) for file in wanted):
        raise HubRefusal(f"{listing.repo} at {listing.revision} holds no weights of the kind that {model.name} needs")
    return tuple(wanted)


def _check_space(model: Model, partial: Path, journal: Journal, margin: int) -> None:
    """Parts of files are sparse until their bytes arrive, so what is missing is what will be taken."""
    missing = sum(entry.size - entry.arrived for entry in journal.entries.values())
    free = shutil.disk_usage(partial).free
    if missing + margin > free:
        raise HubRefusal(
            f"{model.name} needs {missing / 1e9:,.1f} GB more in {partial.parent}, and {margin / 1e9:,.1f} GB are left "
            f"free; {free / 1e9:,.1f} GB are: make room, or choose another place (--root, WANFLOW_MODELS)"
        )


def _manifest(model: Model, listing: Listing, journal: Journal) -> Manifest:
    return Manifest(
        name=model.name,
        hub=listing.hub,
        repo=listing.repo,
        revision=listing.revision,
        commit=listing.commit,
        layout=model.layout,
        licence=model.licence,
        variant=model.variant,
        files={path: File(entry.size, entry.sha256 or "", entry.identity) for path, entry in journal.entries.items()},
    )


def _name_it(folder: Path, partial: Path, manifest: Manifest) -> None:
    faults = list(weight_faults(partial))
    if faults:
        raise HubRefusal(
            f"{manifest.repo} at {manifest.commit} arrived as the hub lists it, but it is no sound checkpoint: "
            f"{faults[0].path}: {faults[0].what}; it stays in {partial}"
        )
    write_manifest(partial, manifest)
    (partial / JOURNAL).unlink()
    os.rename(partial, folder)
    settle_folder(folder.parent)
    remember_digests({folder / path: file.sha256 for path, file in manifest.files.items()})


def _unready(folder: Path, manifest: Manifest) -> str | None:
    if manifest.layout == "reference":
        return "it is in the reference's layout"
    faults: list[Fault] = list(layout_faults(folder, layout=manifest.layout, variant=manifest.variant))
    return faults[0].what if faults else None


def _whole(folder: Path, revision: str | None) -> Manifest | None:
    """The manifest of a folder in order. A broken one becomes partial again, with its good files kept."""
    if not folder.exists():
        return None
    manifest = read_manifest(folder)
    if manifest is None and (folder / JOURNAL).is_file():  # a process was killed while it opened it again
        _make_partial(folder)
        return None
    if manifest is None:
        raise HubRefusal(f"{folder} is there and was not pulled by wanflow; move it away, or choose another --root")
    if revision not in (None, manifest.revision, manifest.commit):
        raise HubRefusal(
            f"{folder} is at revision {manifest.revision} ({manifest.commit}); for {revision} move it away, or choose "
            "another --root"
        )
    faulty = broken(folder, manifest)
    if not faulty:
        return manifest
    if manifest.hub not in HUBS:
        raise HubRefusal(
            f"{folder} was {manifest.hub} from {manifest.repo} and is broken; move it away, or make it again"
        )
    _open_again(folder, manifest, faulty)
    return None


def _open_again(folder: Path, manifest: Manifest, faulty: Collection[str]) -> None:
    journal = Journal(folder)
    journal.origin = Origin(manifest.hub, manifest.repo, manifest.revision, manifest.commit)
    for path, file in manifest.files.items():
        if path not in faulty:
            journal.add_whole(path, file.identity, file.size, file.sha256)
    journal.save(at_once=True)
    (folder / MANIFEST).unlink()  # from here on it counts as not here
    _make_partial(folder)


def _make_partial(folder: Path) -> None:
    partial = partial_of(folder)
    if partial.exists():
        shutil.rmtree(partial)
    os.rename(folder, partial)
