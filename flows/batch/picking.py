"""The film of a sweep that somebody chose: kept on its sheet; nothing is copied, and the storyboard stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.batch.manifest import JSON as MANIFEST
from flows.batch.sheet import Picked, Row, Sheet, read_sheet, with_picked
from flows.batch.sheet_page import write_pages
from flows.errors import UserError
from flows.store import open_store
from wan.system.suggest import did_you_mean

STORYBOARD = "storyboard="
"""An override that names it, as Hydra's command line does."""


def sweep_in(folder: Path) -> Sheet | None:
    """The sheet of a sweep's folder; None where there is none. Raises UserError for a batch of a table."""
    sheet = read_sheet(folder)
    if sheet is None and (folder / MANIFEST).is_file():
        raise UserError(
            f"{folder} is a batch of a table, all of whose films are meant; choose takes in one of them: "
            f"wanflow pick {folder} FILM SHOT=TAKE"
        )
    return sheet


def row_of(sheet: Sheet, name: str) -> Row:
    """A film by its name. Raises UserError that names the nearest."""
    rows = {row.name: row for row in sheet.rows}
    return rows[film_called(name, [*rows], sheet.sweep)]


def film_called(name: str, films: Sequence[str], of: str) -> str:
    """The name, which is that of a film. Raises UserError that names the nearest."""
    if name not in films:
        fix = did_you_mean(name, films, f"its films: {', '.join(films[:12])}")
        raise UserError(f"no film of {of} is called {name!r}; {fix}")
    return name


def pick_film(sheet: Sheet, folder: Path, name: str | None, who: str, when: str) -> Sheet:
    """Keep that choice, or none, and write the sheet anew. Raises UserError for a film that is not there or was not
    made, StoreError."""
    if name is not None and row_of(sheet, name).film is None:
        raise UserError(f"{name} was not made; make it first: the same sweep again does what is missing")
    picked = None if name is None else Picked(film=name, who=who, when=when)
    changed = with_picked(sheet, picked)
    write_pages(changed, open_store(sheet.store), folder)
    return changed


def made_with(sheet: Sheet, name: str) -> tuple[str, Sequence[str]]:
    """Storyboard and overrides of a film of the sweep: `wanflow render` with these makes it alone."""
    overrides = [*sheet.overrides, *row_of(sheet, name).overrides]
    named = [text.partition("=")[2] for text in overrides if text.startswith(STORYBOARD)]
    storyboard = named[-1] if named and "storyboard" in sheet.swept else sheet.storyboard
    return storyboard, [text for text in overrides if not text.startswith(STORYBOARD)]
