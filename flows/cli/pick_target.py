"""What `wanflow pick X` is about: a film that was made, or a sweep; which of its words are choices, which overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.batch.manifest import read_manifest
from flows.batch.picking import film_called, sweep_in
from flows.batch.sheet import Sheet
from flows.config import compose, config_folders
from flows.config.names import Names, without_alias
from flows.errors import Place, UserError
from flows.film.folder import PLAN, owner_of
from flows.film.picking import MadeFilm, made_film
from flows.project import Project, project_of, store_of
from flows.resources import storyboard_folders
from flows.settings import Settings
from flows.store import Store, open_store
from flows.storyboard import read_storyboard
from flows.storyboard.model import Storyboard
from flows.storyboard.take_line import KEY as TAKE


@dataclass(frozen=True, slots=True)
class Target:
    """A film, the store that has its takes, and what is said of these. `written`: where its storyboard says the take of
    a shot, by the shot's full id: that wins."""

    film: MadeFilm
    store: Store
    choices: Sequence[str]
    written: Mapping[str, Place]


def find_target(of: str, words: Sequence[str], config_dir: Path | None) -> Target | tuple[Sheet, Path, Sequence[str]]:
    """Raises UserError for what was never made, StoryboardError for a storyboard that is not there."""
    choices, named, overrides = _sorted(words, config_dir)
    composition = compose(overrides, config_dir)
    settings = composition.settings
    folder = _folder(of, settings)
    rows = _of_table(folder) if folder is not None and choices else None
    if rows is not None and folder is not None:
        return _of_folder(folder / _one_film(folder.name, rows, named), store_of(settings), choices, settings)
    sheet = sweep_in(folder) if folder is not None and not (folder / PLAN).is_file() else None
    if sheet is not None and folder is not None:
        if not choices:
            return sheet, folder, named
        film = _one_film(sheet.sweep, [row.name for row in sheet.rows], named)
        return _of_folder(folder / film, open_store(sheet.store), choices, settings)
    if named:
        raise UserError(f"{named[0]}: {of} is no sweep; choose takes: SHOT=TAKE")
    if folder is not None:
        return _of_folder(folder, store_of(settings), choices, settings)
    project = project_of(of, composition)
    return Target(_film_of(project, of), store_of(settings), choices, _written(project.storyboard))


def _sorted(words: Sequence[str], config_dir: Path | None) -> tuple[list[str], list[str], list[str]]:
    """Choices (`shot=2`), names of films, and overrides: what is called as a setting or a group is one."""
    names = Names.under(config_folders(config_dir))
    choices: list[str] = []
    named: list[str] = []
    overrides: list[str] = []
    for word in words:
        key, equals, _ = without_alias(word).partition("=")
        setting = key in names.options or key in names.keys or key.lstrip("+~").startswith("storyboard.")
        if not equals:
            named.append(word)
        elif setting:
            overrides.append(word)
        else:
            choices.append(word)
    return choices, named, overrides


def _folder(of: str, settings: Settings) -> Path | None:
    """The folder that is meant, by its path or its name among the outputs."""
    folders = [Path(of), settings.film.outputs / of]
    made = [folder for folder in folders if folder.is_dir() and _has_something(folder)]
    if made:
        return made[0].absolute()
    return folders[0] if folders[0].is_dir() else None


def _has_something(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (PLAN, "manifest.json"))


def _of_table(folder: Path) -> list[str] | None:
    """The films of a batch of a table that lies there; None: none does."""
    manifest = None if (folder / PLAN).is_file() else read_manifest(folder)
    return [entry.name for entry in manifest.films if entry.name] if manifest is not None and manifest.table else None


def _one_film(of: str, films: Sequence[str], named: Sequence[str]) -> str:
    if len(named) != 1:
        raise UserError(f"name the film of {of} whose takes are chosen: {', '.join(films[:12])}")
    return film_called(named[0], films, of)


def _of_folder(folder: Path, store: Store, choices: Sequence[str], settings: Settings) -> Target:
    """What its storyboard says now, as far as it can be read here."""
    film = made_film(folder)
    path = Path(owner_of(film.storyboard))
    storyboard: Storyboard | None = None
    if path.is_file():
        storyboard, _ = read_storyboard(path, roots=settings.assets.roots, search=storyboard_folders())
    return Target(film, store, choices, _written(storyboard) if storyboard is not None else {})


def _written(storyboard: Storyboard) -> dict[str, Place]:
    return {shot.full_id: shot.where(TAKE) for shot in storyboard.shots if shot.take is not None}


def _film_of(project: Project, of: str) -> MadeFilm:
    """The film that was made of it last."""
    film = project.settings.film
    folder = film.outputs.absolute() / project.storyboard.slug
    folder = folder / film.subfolder if film.subfolder else folder
    if not (folder / PLAN).is_file():
        raise UserError(f"no film of {of} was made yet: there is none in {folder}\n    wanflow render {of}")
    made = made_film(folder)
    if made.storyboard != project.storyboard.identity:
        raise UserError(f"the film in {folder} was made of {made.storyboard}; name its folder, or film.outputs=FOLDER")
    return made
