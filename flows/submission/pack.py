"""From a storyboard of this machine to a submission in a store."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.config import compose, sent_overrides
from flows.errors import Problem
from flows.film.survey import chosen_ids
from flows.planning.check import storyboard_findings
from flows.project import named
from flows.resolve import look_at_headers
from flows.resources import storyboard_folders
from flows.settings import Settings
from flows.store import Store
from flows.store.layout import submission_note
from flows.storyboard import Gathered, Storyboard, gather_storyboard
from flows.submission.manifest import Manifest


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
    """`digest` names the submission in its store."""

    digest: str
    manifest: Manifest


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
    files = _files(checked.gathered)
    shared = {Path(os.path.abspath(folder)) for folder in checked.gathered.shared.values()}
    base = Path(os.path.commonpath([*(path.parent for path in files), *shared]))
    assert checked.gathered.path is not None
    manifest = Manifest(
        title=checked.storyboard.title,
        sent_from=f"{_person()}@{socket.gethostname()}:{os.path.realpath(checked.gathered.path)}",
        storyboard=_storyboard(checked.gathered.path).relative_to(base).as_posix(),
        shared=tuple(sorted(folder.relative_to(base).as_posix() for folder in shared)),
        files={path.relative_to(base).as_posix(): store.put_file(file) for path, file in sorted(files.items())},
    )
    data = manifest.to_json()
    digest = hashlib.sha256(data).hexdigest()
    store.add_note(submission_note(digest), data)
    return Packed(digest, manifest)


def _files(gathered: Gathered) -> Mapping[Path, Path]:
    """By the whole path that others know each by: the file itself."""
    assert gathered.path is not None
    own = {_storyboard(gathered.path): gathered.path}
    shared = {Path(os.path.abspath(path)): path for path in gathered.shared}
    assets = {path: file.path for path, file in gathered.assets.items()}
    return {**assets, **shared, **own}


def _storyboard(path: Path) -> Path:
    """Where its assets are looked for: its folder, without links."""
    return Path(os.path.realpath(path.parent), path.name)


def _only_here(gathered: Gathered) -> Iterator[Problem]:
    """Whole paths: they lead nowhere on another machine."""
    assert gathered.path is not None
    folder = Path(os.path.realpath(gathered.path.parent))
    for path, file in gathered.assets.items():
        if os.path.isabs(file.node.value):
            beside = file.node.source.folder or folder
            message = f"{file.node.value[:120]} is a whole path, which leads nowhere on another machine"
            yield Problem(file.node.place, message, f"write it as {os.path.relpath(path, beside)}")


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have a user id without a name
        return "somebody"
