"""What `wanflow pick X` is about: a film that was made, or a sweep; which of its words are choices, which overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.batch.picking import row_of, sweep_in
from flows.batch.sheet import Sheet
from flows.config import Composition, compose, config_folders
from flows.config.names import Names, without_alias
from flows.errors import UserError
from flows.film.folder import PLAN
from flows.film.picking import MadeFilm, made_film
from flows.project import project_of, store_of
from flows.settings import Settings
from flows.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Target:
    """A film, the store that has its takes, and what is said of these."""

    film: MadeFilm
    store: Store
    choices: Sequence[str]


def find_target(of: str, words: Sequence[str], config_dir: Path | None) -> Target | tuple[Sheet, Path, Sequence[str]]:
    """Raises UserError for what was never made, StoryboardError for a storyboard that is not there."""
    choices, named, overrides = _sorted(words, config_dir)
    composition = compose(overrides, config_dir)
    settings = composition.settings
    folder = _folder(of, settings)
    sheet = sweep_in(folder) if folder is not None and not (folder / PLAN).is_file() else None
    if sheet is not None and folder is not None:
        if not choices:
            return sheet, folder, named
        return Target(made_film(folder / _one_film(sheet, named)), open_store(sheet.store), choices)
    if named:
        raise UserError(f"{named[0]}: {of} is no sweep; choose takes: SHOT=TAKE")
    if folder is not None:
        return Target(made_film(folder), store_of(settings), choices)
    return Target(_of_storyboard(of, composition), store_of(settings), choices)


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


def _one_film(sheet: Sheet, named: Sequence[str]) -> str:
    if len(named) != 1:
        films = ", ".join(row.name for row in sheet.rows[:12])
        raise UserError(f"name the film of {sheet.sweep} whose takes are chosen: {films}")
    return row_of(sheet, named[0]).name


def _of_storyboard(of: str, composition: Composition) -> MadeFilm:
    """The film that was made of it last."""
    project = project_of(of, composition)
    film = composition.settings.film
    folder = film.outputs.absolute() / project.storyboard.slug
    folder = folder / film.subfolder if film.subfolder else folder
    if not (folder / PLAN).is_file():
        raise UserError(f"no film of {of} was made yet: there is none in {folder}\n    wanflow render {of}")
    made = made_film(folder)
    if made.storyboard != project.storyboard.identity:
        raise UserError(f"the film in {folder} was made of {made.storyboard}; name its folder, or film.outputs=FOLDER")
    return made
