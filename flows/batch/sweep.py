"""Sweeps: a batch whose films are one storyboard with other overrides each, planned together and seen side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.batch.asked import MOST_FILMS
from flows.batch.films import Film
from flows.batch.owner import sweep_of
from flows.batch.plan import BatchPlan, PlannedFilm, called_right
from flows.batch.sweep_names import film_names, short_keys
from flows.config import Composition, compose, differing
from flows.errors import Lacking, Problem, SettingsError, StoryboardError, UserError
from flows.planning import Plan, Sketch, sketch_plan
from flows.project import Project, project_of, store_of
from flows.resolve import OnPrompt, resolve_all
from flows.settings import Settings
from flows.store import Store
from flows.storyboard.build import slug_of
from flows.storyboard.model import Storyboard

ALIKE = ("cluster", "store", "film.outputs", "film.subfolder", "film.ffmpeg", "render.device", "cost", "notify")
"""What films have in common that one pool renders into one folder, and that is told and paid for together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """`films`: the overrides of each, all of them; `storyboard` None: they name it (`storyboard=NAME`). `called`: the
    sweep's own name; None: the storyboard, and what differs."""

    films: Sequence[Sequence[str]]
    storyboard: str | Path | None = None
    called: str | None = None
    most: int = MOST_FILMS
    config_dir: Path | None = None


def plan_sweep(sweep: Sweep, *, on_prompt: OnPrompt | None = None, weights: bool = True) -> BatchPlan:
    """Reads and plans all films of a sweep, together. Renders nothing.

    Raises StoryboardError with every problem of every film, each once; SettingsError; UserError for a sweep that is
    none; EnvironmentProblem for what is missing here. `on_prompt` and `weights` as in `flows.project.plan`.
    """
    differences = differing(sweep.films)
    _check(sweep, differences)
    projects = _read(sweep)
    called = _name(sweep, projects, differences)
    first = projects[0].settings
    outputs = first.film.outputs.absolute()
    films = [
        Film(number, difference, replace(project.storyboard, slug=name))
        for number, (project, name, difference) in enumerate(
            zip(projects, film_names(differences), differences, strict=True), 1
        )
    ]
    settings = [_within(project.settings, outputs / called) for project in projects]
    plans = plan_storyboards([film.storyboard for film in films], settings, on_prompt, weights=weights)
    return BatchPlan(
        called=called,
        storyboard=projects[0].storyboard.path,
        table=None,
        columns=tuple(dict.fromkeys(key for difference in differences for key in difference)),
        outputs=outputs,
        settings=settings[0],
        films=tuple(PlannedFilm(film, plan) for film, plan in zip(films, plans, strict=True)),
        whose=sweep_of(project.storyboard.path for project in projects),
        overrides=_common(sweep, differences),
    )


def _check(sweep: Sweep, differences: Sequence[dict[str, str]]) -> None:
    if len(sweep.films) > sweep.most:
        raise UserError(f"these are {len(sweep.films):,} films; at most {sweep.most:,} are taken: --max-films N")
    if not any(differences):
        raise UserError("there is nothing to compare: give a key several values, as in storyboard.seed=1,2,3")
    written = [tuple(sorted(difference.items())) for difference in differences]
    if len(set(written)) < len(written):
        raise UserError("two films of the sweep have the same overrides; write each value once")


def _read(sweep: Sweep) -> list[Project]:
    """Every film's storyboard and settings; what films have in common is composed once."""
    composed: dict[tuple[str, ...], Composition] = {}
    projects: list[Project] = []
    problems: list[Problem] = []
    for overrides in sweep.films:
        ours = tuple(text for text in overrides if not text.lstrip("+~").startswith("storyboard."))
        if ours not in composed:
            composed[ours] = compose(ours, sweep.config_dir)
        edits = tuple(text for text in overrides if text not in ours)
        try:
            projects.append(project_of(sweep.storyboard, replace(composed[ours], storyboard_overrides=edits)))
        except StoryboardError as error:
            problems += error.problems
    _refuse(problems)
    _check_alike([project.settings for project in projects])
    return projects


def _check_alike(settings: Sequence[Settings]) -> None:
    for key in ALIKE:
        if any(_value(each, key) != _value(settings[0], key) for each in settings):
            what = "one pool renders all films of a sweep, from one store into one folder"
            raise SettingsError(f"{key}: cannot be swept over: {what}; call the command once for each value")


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _name(sweep: Sweep, projects: Sequence[Project], differences: Sequence[dict[str, str]]) -> str:
    if sweep.called is not None:
        return called_right(sweep.called)
    stems = {project.storyboard.path.stem for project in projects}
    stem = stems.pop() if len(stems) == 1 else "films"
    keys = short_keys(key for difference in differences for key in difference if key != "storyboard")
    return slug_of("-".join([stem, *keys.values()]))


def _within(settings: Settings, folder: Path) -> Settings:
    return replace(settings, film=replace(settings.film, outputs=folder))


def _common(sweep: Sweep, differences: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """The overrides that all films have."""
    swept = {"storyboard", *(key for difference in differences for key in difference)}
    return tuple(text for text in sweep.films[0] if text.lstrip("+").partition("=")[0] not in swept)


def plan_storyboards(
    storyboards: Sequence[Storyboard], settings: Sequence[Settings], on_prompt: OnPrompt | None, *, weights: bool
) -> list[Plan]:
    """Together. Raises StoryboardError with what is wrong with any of them."""
    store = store_of(settings[0])
    store.check()
    if any(each.prompts.extend != "off" for each in settings):
        # What cannot be rendered is found before a model is paid for its prompts.
        as_written = [replace(each, prompts=replace(each.prompts, extend="off")) for each in settings]
        _completed(_sketched(storyboards, as_written, store, None, weights=weights), frozenset())
    sketches = _sketched(storyboards, settings, store, on_prompt, weights=weights)
    finished = store.finished({name for sketch in sketches for name in sketch.fingerprints})
    return _completed(sketches, finished)


def _sketched(
    storyboards: Sequence[Storyboard],
    settings: Sequence[Settings],
    store: Store,
    on_prompt: OnPrompt | None,
    *,
    weights: bool,
) -> list[Sketch]:
    """Films of the same settings are looked at together."""
    sketches: dict[int, Sketch] = {}
    problems: list[Problem] = []
    for each, numbers in alike(settings).items():
        snapshots = resolve_all([storyboards[number] for number in numbers], each, store, on_prompt, weights=weights)
        for number, snapshot in zip(numbers, snapshots, strict=True):
            try:
                sketches[number] = sketch_plan(storyboards[number], each, snapshot)
            except StoryboardError as error:
                problems += error.problems
    _refuse(problems)
    return [sketches[number] for number in range(len(settings))]


def alike(settings: Sequence[Settings]) -> dict[Settings, list[int]]:
    """Which of them, by number, are equal."""
    groups: dict[Settings, list[int]] = {}
    for number, each in enumerate(settings):
        groups.setdefault(each, []).append(number)
    return groups


def _completed(sketches: Sequence[Sketch], finished: frozenset[str]) -> list[Plan]:
    plans: list[Plan] = []
    problems: list[Problem] = []
    lacks: list[str] = []
    for sketch in sketches:
        try:
            plans.append(sketch.plan(finished))
        except StoryboardError as error:
            problems += error.problems
        except Lacking as error:
            lacks += error.faults
    _refuse(problems)
    if lacks:
        raise Lacking(list(dict.fromkeys(lacks)))
    return plans


def _refuse(problems: Sequence[Problem]) -> None:
    """What several films have is said once."""
    if problems:
        raise StoryboardError(list(dict.fromkeys(problems)))
