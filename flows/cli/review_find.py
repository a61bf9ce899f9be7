"""What `wanflow review X` is about: where its decisions are kept, and what waits for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import UserError
from flows.review.history import add_entry, drop_sheet, folder_of, folder_of_run, read_entries, sheet_in
from flows.review.model import Entry, Sheet
from flows.store import Store, open_store

if TYPE_CHECKING:
    from flows.review.wanted import Answer
    from flows.runs.rest import Rest

RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Found:
    """What was decided of a film or a batch (`entries`), and what waits of it in a run on a server (`rest`), or here.
    `sheet` None: nothing waits, and `why` says so."""

    title: str
    store: Store
    entries: tuple[Entry, ...]
    sheet: Sheet | None
    why: str
    rest: Rest | None = None

    @property
    def waiting(self) -> Sheet:
        """Raises UserError where nothing waits."""
        if self.sheet is None:
            raise UserError(self.why)
        return self.sheet

    def decide(self, answer: Answer) -> Entry:
        """All of it or nothing. Raises UserError when it is wrong, or when somebody was quicker."""
        from flows.review.form import values_of
        from flows.review.wanted import entry_of
        from flows.runs.reviewing import resume

        sheet = self.waiting
        entry = entry_of(answer, sheet, self.entries, datetime.now(UTC))
        if self.rest is not None:
            resume(self.rest, sheet.run, values_of(entry, sheet))
        else:
            add_entry(self.store, sheet.folder, entry)
            if entry.rejected:
                drop_sheet(self.store, sheet)
        self.entries = (*self.entries, entry)
        return entry


def find(film: str, overrides: Sequence[str], config_dir: Path | None, held: ExitStack) -> Found:
    """A run by its id, a batch by its folder or name, else a storyboard. Raises UserError for what was never reviewed,
    and as `flows.project.load`."""
    if RUN.fullmatch(film):
        found = _of_run(film, overrides, config_dir, held)
    else:
        batch = _folder(film, overrides, config_dir)
        found = _of_batch(batch) if batch is not None else _of_film(film, overrides, config_dir)
    if found.sheet is None and not found.entries:
        raise UserError(found.why)
    return found


def _of_run(run: str, overrides: Sequence[str], config_dir: Path | None, held: ExitStack) -> Found:
    from flows.config import compose
    from flows.runs.reviewing import look_up
    from flows.runs.submitting import reached

    rest = held.enter_context(reached())
    seen = look_up(rest, run)
    store = open_store(seen.store or compose(overrides, config_dir).settings.store.address)
    folder = folder_of_run(store, run)
    if folder is None:
        fix = "name the store that it is made in: store.address=ADDRESS"
        raise UserError(seen.why or f"the sheet of the run {run} is not in the store {store.address}\n    {fix}")
    sheet = None if seen.why else sheet_in(store, folder, run)
    why = seen.why or f"the run {run} asks nothing now: it is about to go on"
    return Found(seen.title, store, read_entries(store, folder), sheet, why, rest)


def _of_batch(folder: Path) -> Found:
    from flows.batch.showing import reviewed_in

    store, decisions, sheet, why = reviewed_in(folder)
    return Found(folder.name, store, read_entries(store, decisions), sheet, why)


def _of_film(film: str, overrides: Sequence[str], config_dir: Path | None) -> Found:
    from flows.project import load, store_of

    project = load(film, overrides, config_dir=config_dir)
    store, folder = store_of(project.settings), folder_of(project.storyboard)
    title = project.storyboard.title
    why = (
        f"{title} waits for no decisions\n"
        f"    render what is looked at: wanflow render {film} --review draft    (or stills)"
    )
    return Found(title, store, read_entries(store, folder), sheet_in(store, folder), why)


def _folder(name: str, overrides: Sequence[str], config_dir: Path | None) -> Path | None:
    """That of a batch which was looked at, by its path or its name among the outputs; None: it is a storyboard."""
    from flows.batch.showing import is_reviewed
    from flows.config import compose

    if is_reviewed(Path(name)):
        return Path(name).absolute()
    if name != Path(name).name:
        return None
    folder = compose(overrides, config_dir).settings.film.outputs.absolute() / name
    return folder if is_reviewed(folder) else None
