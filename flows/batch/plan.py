"""The plan of a batch: every film's own, made together, and what they share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from flows.batch.asked import Asked
from flows.batch.columns import Columns
from flows.batch.faults import Fault, table_error
from flows.batch.fetch import fetch_files
from flows.batch.films import Film, Read, fault_of, read_films
from flows.batch.owner import owner_with, whose_of
from flows.batch.tables import read_table
from flows.config import Composition, compose
from flows.cost.estimate import CostEstimate, estimate_clips
from flows.errors import StoryboardError, UserError
from flows.garbage import without_garbage_collection
from flows.planning import Clip, Plan, Sketch, sketch_plan
from flows.planning.model import topological
from flows.project import named, store_of
from flows.resolve import OnPrompt, resolve_all
from flows.resources import storyboard_folders
from flows.settings import Settings
from flows.store import Store
from flows.storyboard.build import slug_of
from flows.storyboard.load import read_written


@dataclass(frozen=True, slots=True)
class PlannedFilm:
    """A film of the batch, and its plan."""

    film: Film
    plan: Plan

    @property
    def name(self) -> str:
        """Unique in the batch; its folder."""
        return self.film.name


@dataclass(frozen=True, slots=True)
class Left:
    """A film that people have decided not to make, and who has."""

    film: Film
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """Sums over a batch. `clips` counts those of every film for itself; of those `distinct` are different, and of these
    `cached` are in the store. `estimated_seconds`: rendering what is new, and editing all films, one after the other.
    """

    films: int
    clips: int
    distinct: int
    cached: int
    film_seconds: float
    estimated_seconds: float

    @property
    def shared(self) -> int:
        """Clips that need not be rendered because another film has the same."""
        return self.clips - self.distinct

    @property
    def new(self) -> int:
        """Clips to render."""
        return self.distinct - self.cached


@dataclass(frozen=True)
class BatchPlan:
    """What `wanflow batch --plan` prints and `wanflow batch` carries out. `outputs` is what the batch's folder lies in;
    the settings are those of all its films, whose own outputs are that folder. `bad`: what is wrong with the rows that
    are left out (`Asked.skip_bad`). Of a sweep `table` is None, `columns` are the keys that differ, `overrides` what
    all its films have, and `settings` those of the first film."""

    called: str
    storyboard: Path
    table: Path | None
    columns: tuple[str, ...]
    outputs: Path
    settings: Settings
    films: tuple[PlannedFilm, ...]
    whose: tuple[str, str]
    """The storyboard and the table: paths here, or where they were sent from. Of a sweep the table is empty."""
    bad: tuple[Fault, ...] = ()
    overrides: tuple[str, ...] = ()
    below: str = ""
    """Its own folder within that of the batch: of what people look at first."""
    left: tuple[Left, ...] = ()
    """Films that are not made, since people have decided so."""

    def named(self, row: int, name: str) -> str:
        """A film as people are told of it: with its row, where there is a table."""
        return f"row {row} {name}".rstrip() if self.table is not None else name

    @property
    def folder(self) -> Path:
        """Absolute; it need not exist."""
        return self.outputs / self.called / self.below

    @property
    def owner(self) -> str:
        """Whose the batch's folder is, as `flows.film.folder.owner_of` reads it."""
        return owner_with(self.whose)

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """Every clip of every film, once, upstream first, film by film."""
        seen: dict[str, Clip] = {}
        for planned in self.films:
            for clip in planned.plan.clips:
                seen.setdefault(clip.fingerprint, clip)
        return topological(seen)

    @cached_property
    def totals(self) -> BatchTotals:
        """The sums."""
        plans = [planned.plan for planned in self.films]
        new = [clip for clip in self.clips if clip.status == "new"]
        start = max((plan.totals.start_seconds for plan in plans), default=0.0)
        edit = sum(plan.totals.edit_seconds for plan in plans)
        return BatchTotals(
            films=len(plans),
            clips=sum(len(plan.clips) for plan in plans),
            distinct=len(self.clips),
            cached=len(self.clips) - len(new),
            film_seconds=sum(plan.totals.film_seconds for plan in plans),
            estimated_seconds=start + edit + sum(clip.estimated_seconds for clip in new),
        )

    @cached_property
    def cost(self) -> CostEstimate:
        """Of what is new, each clip once."""
        return estimate_clips(self.clips, [planned.plan.totals for planned in self.films], self.settings)

    @property
    def remarks(self) -> list[Fault]:
        """The warnings of the films, each with its row."""
        return [Fault(text, None, planned.film.row) for planned in self.films for text in planned.plan.warnings]

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Those of the films, each once."""
        return tuple(dict.fromkeys(warning for planned in self.films for warning in planned.plan.warnings))


def plan_batch(asked: Asked, *, on_prompt: OnPrompt | None = None, weights: bool = True) -> BatchPlan:
    """Reads the table, makes a film of every row, and plans all of them. Renders nothing.

    Raises TableError with everything that is wrong with the table and the films of its rows (with `skip_bad` only if no
    row is left); StoryboardError for a storyboard that cannot be read; SettingsError; EnvironmentProblem for what is
    missing here. `on_prompt` and `weights` as in `flows.project.plan`.
    """
    composition = compose(asked.overrides, asked.config_dir)
    columns, read = read_batch(asked, composition)
    called = batch_name(asked, columns)
    outputs = composition.settings.film.outputs.absolute()
    settings = replace(composition.settings, film=replace(composition.settings.film, outputs=outputs / called))
    films, faults = _planned(columns, read, settings, on_prompt, weights=weights)
    if faults and (not asked.skip_bad or not films or any(fault.row is None for fault in faults)):
        raise table_error(asked.table, faults)
    storyboard = columns.written.path
    return BatchPlan(
        called=called,
        storyboard=storyboard,
        table=asked.table,
        columns=columns.table.columns,
        outputs=outputs,
        settings=settings,
        films=tuple(films),
        bad=tuple(faults),
        whose=whose_of(asked, storyboard),
    )


def read_batch(asked: Asked, composition: Composition) -> tuple[Columns, Read]:
    """The rows as films. Raises TableError for a table that cannot be used at all."""
    sent = asked.sent
    table = read_table(asked.table, asked.most, asked.sheet)
    written = read_written(
        named(asked.storyboard, composition),
        overrides=composition.storyboard_overrides,
        roots=composition.settings.assets.roots if sent is None else (sent.folder,),
        search=storyboard_folders() if sent is None else sent.search,
    )
    columns = Columns(written, table, asked, dict(sent.fetched) if sent is not None else {})
    wrong = [*columns.faults()]
    if wrong:
        raise table_error(asked.table, [*wrong, *table.faults])
    films = len(table.rows)
    for values in asked.matrix.values():
        films *= len(values)
    if films > asked.most:
        message = f"the rows and --matrix make {films:,} films; at most {asked.most:,} are taken"
        raise table_error(asked.table, [Fault(message, "split the table, or allow more: --max-films N")])
    wrong = fetch_files(columns, composition.settings.assets.hosts if sent is None else None)
    return columns, read_films(columns, wrong)


def batch_name(asked: Asked, columns: Columns) -> str:
    """What it is called, and its folder. Raises UserError."""
    if asked.called is None:
        return f"{slug_of(columns.written.path.stem)}-{slug_of(asked.table.stem)}"
    return called_right(asked.called)


def called_right(called: str) -> str:
    """What `--as` says. Raises UserError."""
    name = slug_of(called)
    if name != called:
        raise UserError(f"--as {called}: it is called with small letters, digits and '-': --as {name}")
    return name


def _planned(
    columns: Columns,
    read: Read,
    settings: Settings,
    on_prompt: OnPrompt | None,
    *,
    weights: bool,
) -> tuple[list[PlannedFilm], list[Fault]]:
    """Every film that can be, and what is wrong with the others; of films that are not made nothing is looked up."""
    store = store_of(settings)
    store.check()
    as_written = replace(settings, prompts=replace(settings.prompts, extend="off"))
    sketches, faults = _sketched(columns, read.films, as_written, store, weights=weights)
    faults = [*read.faults, *faults]
    if faults and not columns.asked.skip_bad:
        return [], [*faults, *_completed(columns, sketches, frozenset())[1]]
    if settings.prompts.extend != "off":  # only now: what cannot be rendered is found before a model is paid for it
        films = [film for film, _ in sketches]
        sketches, wrong = _sketched(columns, films, settings, store, on_prompt, weights=weights)
        faults += wrong
    finished = store.finished({name for _, sketch in sketches for name in sketch.fingerprints})
    planned, wrong = _completed(columns, sketches, finished)
    faults += wrong
    bad = {fault.row for fault in faults}
    return [each for each in planned if each.film.row not in bad], faults


def _sketched(
    columns: Columns,
    films: Sequence[Film],
    settings: Settings,
    store: Store,
    on_prompt: OnPrompt | None = None,
    *,
    weights: bool,
) -> tuple[list[tuple[Film, Sketch]], list[Fault]]:
    snapshots = resolve_all([film.storyboard for film in films], settings, store, on_prompt, weights=weights)
    sketches: list[tuple[Film, Sketch]] = []
    faults: list[Fault] = []
    with without_garbage_collection():
        for film, snapshot in zip(films, snapshots, strict=True):
            try:
                sketches.append((film, sketch_plan(film.storyboard, settings, snapshot)))
            except StoryboardError as error:
                faults += _faults(columns, film, error)
    return sketches, faults


def _completed(
    columns: Columns, sketches: Sequence[tuple[Film, Sketch]], finished: Collection[str]
) -> tuple[list[PlannedFilm], list[Fault]]:
    planned: list[PlannedFilm] = []
    faults: list[Fault] = []
    with without_garbage_collection():
        for film, sketch in sketches:
            try:
                planned.append(PlannedFilm(film, sketch.plan(finished)))
            except StoryboardError as error:
                faults += _faults(columns, film, error)
    return planned, faults


def _faults(columns: Columns, film: Film, error: StoryboardError) -> list[Fault]:
    """What is missing here is missing for all films."""
    faults = [fault_of(columns, film.row, problem) for problem in error.problems]
    missing = [Fault(fault.message, fault.fix) for fault in faults if fault.about is None and fault.column is None]
    return [*(fault for fault in faults if fault.about or fault.column), *missing]
