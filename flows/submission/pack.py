"""From a storyboard of this machine to a submission in a store."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from flows.config import compose, sent_overrides
from flows.errors import Problem
from flows.film.survey import chosen_ids
from flows.person import SOMEBODY, person
from flows.planning.check import storyboard_findings
from flows.project import named
from flows.resolve import look_at_headers
from flows.resources import storyboard_folders
from flows.settings import Settings
from flows.store import Store
from flows.store.layout import submission_note
from flows.storyboard import Gathered, Storyboard, gather_storyboard
from flows.storyboard.nodes import Text
from flows.submission.manifest import Manifest

FETCHED = ".fetched"
"""The folder of a submission for what was fetched from addresses."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A storyboard without a fault that can be found here. `overrides` go along; `remarks` are worth a word."""

    storyboard: Storyboard
    gathered: Gathered
    settings: Settings
    overrides: tuple[str, ...]
    remarks: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """`digest` names the submission in its store; `base` is the folder here that its paths are relative to. `new`: it
    was not there before."""

    digest: str
    manifest: Manifest
    base: Path
    new: bool = field(default=True, compare=False)

    def place(self, path: Path) -> str:
        """Where a file of this machine lies in the submission."""
        return Path(os.path.abspath(path)).relative_to(self.base).as_posix()


def check_storyboard_here(
    name_or_path: str | Path | None, overrides: Sequence[str] = (), config_dir: Path | None = None
) -> Checked:
    """Everything that `wanflow check` finds, and what keeps a storyboard from being sent. Needs no models.

    Raises StoryboardError with every problem, each at its place, and SettingsError.
    """
    composition = compose(overrides, config_dir)
    gathered = gather_storyboard(
        named(name_or_path, composition),
        overrides=composition.storyboard_overrides,
        roots=composition.settings.assets.roots,
        search=storyboard_folders(),
    )
    problems, storyboard = gathered.problems, gathered.storyboard
    remarks: Sequence[Problem] = ()
    if storyboard is not None and storyboard.shots:
        headers = look_at_headers(storyboard)
        wrong, remarks = storyboard_findings(storyboard, composition.settings, headers, problems.shots)
        problems.extend([*wrong, *_only_here(gathered)])
    problems.stop_if_any()
    assert storyboard is not None, "one that cannot be read is a problem"
    return Checked(
        storyboard,
        gathered,
        composition.settings,
        sent_overrides(overrides, config_dir),
        tuple(map(problems.with_line, remarks)),
    )


def check_shots(storyboard: Storyboard, only: Sequence[str]) -> None:
    """Raises UserError for a name that no shot has, or several."""
    chosen_ids([shot.full_id for shot in storyboard.shots], only)


def pack(checked: Checked, store: Store) -> Packed:
    """The storyboard and all that it names, in the store. What is there already is not copied.

    Raises MediaError for a file that cannot be read, StoreError, EnvironmentProblem.
    """
    gathered = checked.gathered
    assert gathered.path is not None
    assets = {path: file.path for path, file in gathered.assets.items()}
    return pack_files(store, checked.storyboard.title, gathered.path, gathered.shared, assets)


def pack_files(
    store: Store,
    title: str,
    storyboard: Path,
    shared: Mapping[Path, Path],
    assets: Mapping[Path, Path],
    table: Path | None = None,
    fetched: Mapping[str, Path] = MappingProxyType({}),
) -> Packed:
    """A storyboard in the store, with the `shared` files that it was read from (each with the folder that it was looked
    for in), `assets` by the whole path that they are known by, and of a batch its `table` and what was `fetched` from
    its addresses. Raises as `pack`."""
    besides = [*shared, *([table] if table is not None else [])]
    files = {**assets, **{Path(os.path.abspath(path)): path for path in besides}, _storyboard(storyboard): storyboard}
    folders = {Path(os.path.abspath(folder)) for folder in shared.values()}
    base = Path(os.path.commonpath([*(path.parent for path in files), *folders]))
    laid = {path.relative_to(base).as_posix(): file for path, file in files.items()}
    of_addresses = {address: _fetched_as(address, file) for address, file in fetched.items()}
    laid |= {path: fetched[address] for address, path in of_addresses.items()}
    manifest = Manifest(
        title=title,
        sent_from=_from(storyboard),
        storyboard=_storyboard(storyboard).relative_to(base).as_posix(),
        shared=_sorted_below(base, folders),
        files={path: store.put_file(file) for path, file in sorted(laid.items())},
        fetched=of_addresses,
        table_from=_from(table) if table is not None else "",
    )
    data = manifest.to_json()
    digest = hashlib.sha256(data).hexdigest()
    return Packed(digest, manifest, base, store.add_note(submission_note(digest), data))


def take_back(packed: Packed, store: Store) -> None:
    """Nobody has been asked to make it: the submission is not there any more, if it was new. The bytes of its files
    stay, since others may have sent the same ones. Raises StoreError, EnvironmentProblem."""
    if packed.new:
        store.drop_note(submission_note(packed.digest))


def _from(path: Path) -> str:
    """Whose a file is: `person@machine:path`."""
    return f"{person() or SOMEBODY}@{socket.gethostname()}:{os.path.realpath(path)}"


def _fetched_as(address: str, file: Path) -> str:
    return f"{FETCHED}/{hashlib.sha256(address.encode()).hexdigest()[:16]}/{file.name}"


def _sorted_below(base: Path, folders: Collection[Path]) -> tuple[str, ...]:
    return tuple(sorted(folder.relative_to(base).as_posix() for folder in folders))


def _storyboard(path: Path) -> Path:
    """Where its assets are looked for: its folder, without links."""
    return Path(os.path.realpath(path.parent), path.name)


def _only_here(gathered: Gathered) -> Iterator[Problem]:
    assert gathered.path is not None
    return whole_paths(gathered.path, (file.node for file in gathered.assets.values()))


def whole_paths(storyboard: Path, nodes: Iterable[Text]) -> Iterator[Problem]:
    """Of those that name files, the ones that do so by a whole path: it leads nowhere on another machine."""
    folder = Path(os.path.realpath(storyboard.parent))
    for node in nodes:
        if os.path.isabs(node.value):
            beside = node.source.folder or folder
            message = f"{node.value[:120]} is a whole path, which leads nowhere on another machine"
            yield Problem(node.place, message, f"write it as {os.path.relpath(node.value, beside)}")
