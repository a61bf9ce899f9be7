"""A batch for another machine: checked here, packed into a store with all that its rows name; its films, back again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flows.batch.asked import Asked, Sent
from flows.batch.columns import Columns
from flows.batch.faults import Fault, ranges, table_error
from flows.batch.films import Film, fault_of
from flows.batch.make import BatchResult
from flows.batch.manifest import Entry, read_manifest
from flows.batch.owner import owner_with
from flows.batch.plan import BatchPlan, batch_name, read_batch
from flows.config import compose, sent_overrides
from flows.errors import Problem, UserError
from flows.film.folder import owner_of
from flows.garbage import without_garbage_collection
from flows.planning.check import storyboard_findings
from flows.resolve import look_at_all_headers
from flows.settings import Settings
from flows.store import Store
from flows.storyboard.nodes import Text
from flows.submission import (
    FilmFiles,
    Packed,
    note_files,
    pack_files,
    put_files,
    unpack,
    whole_paths,
)
from flows.words import count


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch without a fault that can be found here, but in rows that are left out (`bad`). `overrides` go along;
    `remarks` are worth a word."""

    called: str
    columns: Columns
    films: tuple[Film, ...]
    bad: tuple[Fault, ...]
    settings: Settings
    overrides: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def title(self) -> str:
        """What its run is called."""
        return f"{self.called}: {count(len(self.films), 'film')}"


def check_batch_here(asked: Asked) -> CheckedBatch:
    """Everything that can be found without models: the whole table, every film of it, and what keeps it from being
    sent. Files at addresses are fetched.

    Raises TableError with every fault (with `skip_bad` only if no row is left), StoryboardError, SettingsError.
    """
    composition = compose(asked.overrides, asked.config_dir)
    settings = composition.settings
    columns, read = read_batch(asked, composition)
    called = batch_name(asked, columns)
    faults = [*read.faults, *_only_here(columns)]
    with without_garbage_collection():
        found, remarks = _findings(columns, read.films, settings)
    faults += found
    bad = {fault.row for fault in faults}
    films = tuple(film for film in read.films if film.row not in bad)
    if faults and (not asked.skip_bad or not films or None in bad):
        raise table_error(asked.table, faults)
    left_out = sorted(row for row in bad if row is not None)
    if left_out:
        remarks.insert(0, f"{asked.table}: rows {ranges(left_out)} are wrong, and have no film (--skip-bad)")
    overrides = sent_overrides(asked.overrides, asked.config_dir)
    return CheckedBatch(called, columns, films, tuple(faults), settings, overrides, tuple(remarks))


def pack_batch(checked: CheckedBatch, store: Store) -> Packed:
    """Storyboard, table, and all that they name, in the store. What is there already is not copied.

    Raises MediaError for a file that cannot be read, StoreError, EnvironmentProblem.
    """
    columns = checked.columns
    written, table = columns.written, columns.table.path
    fetched = {Path(os.path.abspath(file)) for file in columns.fetched.values()}
    assets = {path: file.path for path, file in written.assets.named.items() if path not in fetched}
    sources = written.assets.problems.sources
    shared = {Path(source.name): source.folder for source in sources if source.folder is not None}
    return pack_files(store, checked.title, written.path, shared, assets, table, columns.fetched)


def asked_here(store: Store, digest: str, table: str, asked: Asked, folder: Path) -> Asked:
    """What was asked for elsewhere, with the files of the submission laid into `folder`, which must stay until the
    films are made. `table`: as `Packed.place` said it.

    Raises UserError when it is not in the store, StoreError when it is damaged.
    """
    manifest = unpack(store, digest, folder)
    if table not in manifest.files:
        raise UserError(
            f"the table {table[:200]} was not sent with the storyboard\n    send both: wanflow submit --table FILE"
        )
    sent = Sent(
        folder=folder,
        search=tuple(folder / shared for shared in manifest.shared),
        fetched={address: folder / path for address, path in manifest.fetched.items()},
        whose=(manifest.sent_from, manifest.table_from),
    )
    return replace(asked, storyboard=folder / manifest.storyboard, table=folder / table, sent=sent)


def publish_batch(store: Store, run: str, plan: BatchPlan, result: BatchResult) -> FilmFiles:
    """Put the page, the manifest and the films of a batch where who sent it finds them, under the run that made it: all
    that is there, also if films are missing.

    Raises StoreError, EnvironmentProblem, MediaError.
    """
    paths = [result.gallery, result.manifest, result.parquet]
    paths += [result.folder / file for entry in result.entries if entry.finished for file in files_of(entry)]
    made = FilmFiles(
        sent_from=plan.owner,
        folder=plan.called,
        files=put_files(store, result.folder, paths),
        rendered=result.rendered,
        cached=sum(entry.reused for entry in result.entries),
        seconds=result.seconds,
        warnings=result.warnings,
    )
    note_files(store, run, made)
    return made


def check_place(made: FilmFiles, outputs: Path) -> None:
    """Raises UserError where what was made would be written over another batch of that name."""
    folder = outputs.absolute() / made.folder
    earlier = read_manifest(folder)
    if earlier is None:
        return
    whose = owner_with((owner_of(earlier.storyboard), owner_of(earlier.table)))
    if whose != owner_of(made.sent_from):
        kind = "batch" if earlier.table else "sweep"
        raise UserError(
            f"{folder} is a {kind} of {whose}, and would be overwritten\n    choose another place: film.outputs=FOLDER"
        )


def files_of(entry: Entry) -> Iterator[str]:
    """Of a film that is there: relative to the batch's folder."""
    named = (entry.film, *entry.delivered, entry.captions, entry.report, entry.poster)
    yield from (name for name in named if name is not None)


def _findings(columns: Columns, films: tuple[Film, ...], settings: Settings) -> tuple[list[Fault], list[str]]:
    faults: list[Fault] = []
    remarks: dict[str, None] = {}
    headers = look_at_all_headers([film.storyboard for film in films])
    for film, snapshot in zip(films, headers, strict=True):
        wrong, said = storyboard_findings(film.storyboard, settings, snapshot, ())
        faults += [fault_of(columns, film.row, problem) for problem in wrong]
        remarks |= dict.fromkeys(f"row {film.row}: {remark}" for remark in said)
    return faults, [*remarks]


def _only_here(columns: Columns) -> Iterator[Fault]:
    """Whole paths: they lead nowhere on another machine."""
    in_table = [
        Text(columns.source, row.number, place + 1, value, True)
        for place, name in columns.taken
        if name in columns.files
        for row in columns.table.rows
        if (value := row.cells[place]) and value not in columns.fetched
    ]
    fetched = {Path(os.path.abspath(file)) for file in columns.fetched.values()}
    named = columns.written.assets.named.items()
    own = [file.node for path, file in named if path not in fetched and file.node.source is not columns.source]
    for problem in whole_paths(columns.written.path, [*in_table, *own]):
        yield _fault(columns, problem)


def _fault(columns: Columns, problem: Problem) -> Fault:
    """In its cell, or of the storyboard, and so of every row."""
    assert problem.place is not None
    if problem.place.file == columns.source.name:
        return fault_of(columns, problem.place.line or 0, problem)
    return Fault(problem.message, problem.fix, about=problem.place)
