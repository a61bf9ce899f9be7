"""From a submission in a store to a project on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flows.errors import EnvironmentProblem, StoreError, UserError
from flows.project import Project, load
from flows.store import Store
from flows.store.layout import submission_note
from flows.submission.manifest import Manifest, manifest_from_json


def load_sent(store: Store, digest: str, overrides: Sequence[str], folder: Path) -> Project:
    """The project of a submission, whose files are laid into `folder`, an empty one of this machine: it must stay until
    the film is made. Each file has the bytes that were sent.

    Raises UserError when it is not in the store, StoreError when it is damaged, and what `load` raises.
    """
    manifest = unpack(store, digest, folder)
    search = [folder / shared for shared in manifest.shared]
    project = load(folder / manifest.storyboard, overrides, search=search, roots=(folder,))
    return replace(project, storyboard=replace(project.storyboard, sent_from=manifest.sent_from))


def unpack(store: Store, digest: str, folder: Path) -> Manifest:
    """Lay the files of a submission into the folder. Raises as `load_sent`."""
    manifest = read_manifest(store, digest)
    for path, blob in manifest.files.items():
        _lay(store.local_path(blob), folder / path)
    return manifest


def read_manifest(store: Store, digest: str) -> Manifest:
    """What was sent under that name. Raises as `load_sent`."""
    data = store.note(submission_note(digest))
    if data is None:
        raise UserError(
            f"the storyboard {digest[:12]} is not in the store {store.address}\n"
            "    name one that both machines can reach: store.address=FOLDER, on a disk that they share"
        )
    if hashlib.sha256(data).hexdigest() != digest:
        raise StoreError(f"the storyboard {digest[:12]} in the store {store.address} is damaged; send it again")
    return manifest_from_json(data)


def _lay(blob: Path, place: Path) -> None:
    """A second name for the blob where that can be, else a copy: videos are large, and nobody writes to either."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(blob, place)
        except OSError:
            shutil.copyfile(blob, place)
    except OSError as error:
        raise EnvironmentProblem(
            f"{place} cannot be written: {error.strerror}\n    make room, or choose another folder: TMPDIR=FOLDER"
        ) from error
