"""A storyboard by name or path: found, read, checked, with every problem reported at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import Problem, StoryboardError
from flows.garbage import without_garbage_collection
from flows.storyboard.assets import AssetFinder, NamedFile
from flows.storyboard.build import build
from flows.storyboard.context import Context
from flows.storyboard.declared import Declared, declared
from flows.storyboard.document import parse
from flows.storyboard.files import read_source
from flows.storyboard.language import homes
from flows.storyboard.model import Storyboard
from flows.storyboard.nodes import Keys
from flows.storyboard.overrides import (
    Override,
    apply_overrides,
    choose_shared,
    read_overrides,
    report_unused_variables,
)
from flows.storyboard.problems import Problems, listed
from flows.storyboard.shared import SUFFIXES, with_shared
from flows.storyboard.variables import Variables
from wan.system.folders import found_in
from wan.system.suggest import did_you_mean

_SHOWN = 200
"""Characters of a name that is repeated in an error."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A storyboard as far as it can be read, every problem of it, and the files that it was read from.

    `path` is its own file. `shared`: looks, casts and soundtracks, each with the folder it was looked for in. `assets`:
    what it names, by the whole path as it is written.
    """

    storyboard: Storyboard | None
    problems: Problems
    path: Path | None = None
    shared: Mapping[Path, Path] = field(default_factory=dict)
    assets: Mapping[Path, NamedFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """The nodes of a storyboard with what it shares and its overrides laid in: films are read from it, each with
    variables of its own."""

    root: Keys
    path: Path
    assets: AssetFinder
    overrides: Sequence[Override] = ()

    @property
    def declared(self) -> Declared:
        """The variables that it declares itself."""
        return declared(self.root, Context(Problems(), self.assets, homes()))

    def read(self, problems: Problems) -> Storyboard | None:
        """The film with the storyboard's own variables."""
        variables = Variables(self.declared.values)
        storyboard = self.film(variables, problems)
        if not len(problems):  # a text that cannot be read may be the one that names a variable
            report_unused_variables(self.overrides, Context(problems, self.assets, homes(), variables))
        return storyboard

    def film(self, variables: Variables, problems: Problems, overrides: Sequence[Override] = ()) -> Storyboard | None:
        """The film with these variables, and with more overrides laid in; what is wrong goes to `problems`."""
        context = Context(problems, self.assets.telling(problems), homes(), variables)
        root = apply_overrides(self.root, overrides, context) if overrides else self.root
        return build(root, self.path, context)


def load_storyboard(
    name_or_path: str | Path,
    *,
    overrides: Sequence[str] = (),
    roots: Sequence[Path] = (),
    search: Sequence[Path] = (),
) -> Storyboard:
    """Read a storyboard.

    `name_or_path` is a file, with or without `.yaml`, or the name of one in a `search` folder or in `storyboards/`.
    `overrides` are `storyboard.key=value`; assets lie beside the storyboard or under `roots`; looks, casts and
    soundtracks beside it or in a `search` folder. Raises `StoryboardError` with every problem there is.
    """
    storyboard, problems = read_storyboard(name_or_path, overrides=overrides, roots=roots, search=search)
    problems.stop_if_any()
    assert storyboard is not None
    return storyboard


def check_storyboard(
    name_or_path: str | Path,
    *,
    overrides: Sequence[str] = (),
    roots: Sequence[Path] = (),
    search: Sequence[Path] = (),
) -> list[Problem]:
    """Every problem of a storyboard, in the order of the file; an empty list if it is right."""
    return read_storyboard(name_or_path, overrides=overrides, roots=roots, search=search)[1].sorted()


def read_storyboard(
    name_or_path: str | Path,
    *,
    overrides: Sequence[str] = (),
    roots: Sequence[Path] = (),
    search: Sequence[Path] = (),
) -> tuple[Storyboard | None, Problems]:
    """A storyboard as far as it can be read, and every problem of it."""
    gathered = gather_storyboard(name_or_path, overrides=overrides, roots=roots, search=search)
    return gathered.storyboard, gathered.problems


def gather_storyboard(
    name_or_path: str | Path,
    *,
    overrides: Sequence[str] = (),
    roots: Sequence[Path] = (),
    search: Sequence[Path] = (),
) -> Gathered:
    """As `read_storyboard`, with all files that another machine needs to read the same."""
    problems = Problems()
    try:
        path = find_storyboard(name_or_path, search)
    except StoryboardError as error:
        problems.extend(error.problems)
        return Gathered(None, problems)
    assets = AssetFinder(path.parent, roots, problems)
    storyboard = _load(path, overrides, search, assets)
    shared = {Path(source.name): source.folder for source in problems.sources if source.folder is not None}
    return Gathered(storyboard, problems, path, shared, assets.named)


def find_storyboard(name_or_path: str | Path, search: Sequence[Path] = ()) -> Path:
    """The file of a storyboard; raises `StoryboardError` that names the nearest one."""
    given = Path(name_or_path)
    folders = [*search, Path("storyboards")]
    candidates = [given, *(given.with_name(given.name + suffix) for suffix in SUFFIXES if given.name)]
    if not given.is_absolute():
        candidates += [folder / (str(given) + suffix) for folder in folders for suffix in ("", *SUFFIXES)]
    for path in candidates:
        if os.path.isfile(path):
            return path
    if os.path.exists(given):
        return given
    known = _known(given, folders)
    fix = did_you_mean(given.stem, known, f"known: {listed(known.values()) or 'none'}", known.__getitem__)
    if str(given) == "-":
        fix = "write it to a file: its pictures and sounds are found beside it"
    raise StoryboardError([Problem(None, f"there is no storyboard '{str(name_or_path)[:_SHOWN]}'", fix)])


def _known(given: Path, folders: Sequence[Path]) -> dict[str, str]:
    """Names of the storyboards that could have been meant, and how to write each."""
    known = {path.stem: path.stem for folder in folders for path in _files(folder)}
    return known | {path.stem: str(path) for path in _files(given.parent)} if given.parent != Path() else known


def _files(folder: Path) -> list[Path]:
    """Storyboards of a folder, without the hidden files that file managers and editors leave there."""
    try:
        return [path for path in found_in(folder) if path.suffix in SUFFIXES]
    except OSError:
        return []


def read_written(
    name_or_path: str | Path,
    *,
    overrides: Sequence[str] = (),
    roots: Sequence[Path] = (),
    search: Sequence[Path] = (),
) -> Written:
    """A storyboard to make many films of. Raises `StoryboardError` where it cannot be read at all."""
    path = find_storyboard(name_or_path, search)
    problems = Problems()
    written = _written(path, overrides, search, AssetFinder(path.parent, roots, problems))
    problems.stop_if_any()
    assert written is not None, "one that cannot be read is a problem"
    return written


def _load(path: Path, overrides: Sequence[str], search: Sequence[Path], assets: AssetFinder) -> Storyboard | None:
    with without_garbage_collection():
        written = _written(path, overrides, search, assets)
        return None if written is None else written.read(assets.problems)


def _written(path: Path, overrides: Sequence[str], search: Sequence[Path], assets: AssetFinder) -> Written | None:
    problems = assets.problems
    source = read_source(path, problems)
    root = parse(source, problems) if source else None
    if source is None or root is None:
        return None
    if not isinstance(root, Keys):
        problems.add(root, f"a storyboard is a map, not {root.word}", "start with storyboard: 1")
        return None
    context = Context(problems, assets, homes())
    changes = read_overrides(overrides, problems)
    choose_shared(root, changes)
    root = with_shared(root, [path.parent, *search], context)
    root = apply_overrides(root, changes, context)
    return Written(root, path, assets, changes)
