"""`make_plan`: storyboard, settings and snapshot in, the complete plan out. Pure: the same input, the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from flows.errors import Lacking, Problem, StoryboardError
from flows.ledger.timings import Basis
from flows.planning.film_checks import voice_problems
from flows.planning.model import Plan, PlannedShot, Take, Totals
from flows.planning.moments import Moments, planned_voices
from flows.planning.order import critical_path, greatest_width, upstream_first, upstream_of
from flows.planning.overheads import with_overheads
from flows.planning.recipes import ShotRecipe, lay_out, moments_of
from flows.planning.sampling import numerics_for
from flows.planning.takes import TakeMaker, hand_off_of
from flows.planning.transitions import blended, transition_problems
from flows.planning.warnings import plan_warnings
from flows.resolve import Snapshot, family_of
from flows.settings import Settings
from flows.storyboard.model import Storyboard


def make_plan(storyboard: Storyboard, settings: Settings, snapshot: Snapshot) -> Plan:
    """The plan of the film.

    Raises StoryboardError with every problem at once: broken assets, inputs that cannot be used, impossible sizes,
    lengths, references and transitions, and what is missing here; Lacking when something is missing and nothing
    else is wrong; SettingsError for a family, precision or attention kernel that does not exist.
    """
    try:
        plan = _plan(storyboard, settings, snapshot)
    except StoryboardError as error:
        missing = [Problem(None, text) for text in (*snapshot.lacks, *snapshot.machine)]
        raise StoryboardError([*error.problems, *missing]) from error
    lacks = (*snapshot.lacks, *(snapshot.machine if plan.totals.cached < plan.totals.takes else ()))
    if lacks:
        raise Lacking(lacks)
    return plan


def _plan(storyboard: Storyboard, settings: Settings, snapshot: Snapshot) -> Plan:
    problems = list(snapshot.problems)
    family = family_of(settings.model)
    geometry, recipes = lay_out(storyboard, settings, family, snapshot, problems)
    upstream = upstream_of(storyboard.shots, problems)
    _refuse(problems)
    render, moments = settings.render, moments_of(recipes, geometry.fps)
    maker = TakeMaker(geometry, numerics_for(family, render), snapshot, render.device, render.negative_prompt)
    order = upstream_first(upstream)
    shots = _planned(recipes, maker, upstream, order, moments)
    _refuse(transition_problems(shots, storyboard.shots) or voice_problems(storyboard, moments))
    seconds = {shot.id: _slowest_take(shot) for shot in shots}
    new = {shot.id: sum(take.status == "new" for take in shot.takes) for shot in shots}
    totals = _totals(shots, moments, greatest_width(order, upstream, new), maker.basis)
    size = geometry.film.width, geometry.film.height
    return Plan(
        title=storyboard.title,
        slug=storyboard.slug,
        storyboard_digest=snapshot.storyboard_digest,
        width=geometry.film.width,
        height=geometry.film.height,
        fps=geometry.fps,
        shots=tuple(shots),
        critical_path=critical_path(order, upstream, seconds),
        totals=with_overheads(totals, settings, snapshot.overheads, size, storyboard.deliver),
        assets={digest: str(path) for path, digest in snapshot.digests.items()},
        warnings=plan_warnings(storyboard, family, snapshot, shots, moments),
        storyboard=storyboard,
        settings=settings,
        voices=planned_voices(storyboard, moments),
    )


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise StoryboardError(sorted(problems, key=_place))


def _planned(
    recipes: Mapping[str, ShotRecipe],
    maker: TakeMaker,
    upstream: Mapping[str, str | None],
    order: Sequence[str],
    moments: Moments,
) -> list[PlannedShot]:
    """The shots in the film's order; their takes are made upstream first, because fingerprints need it,
    and looked up in the store together."""
    made: dict[str, tuple[Take, ...]] = {}
    before = dict(pairwise(reversed(list(recipes))))
    for name in order:
        source, recipe = upstream[name], recipes[name]
        hand_off = None
        if source:
            rate = made[source][0].clips[0].fps
            early = blended(moments.overlaps[name], before.get(name), source) * rate / moments.fps
            hand_off = hand_off_of(made[source], recipe.clips[0].part.variant, round(early))
        made[name] = maker.takes(recipe, hand_off)
    finished = maker.snapshot.finished(
        [clip.fingerprint for takes in made.values() for take in takes for clip in take.clips]
    )
    planned: dict[str, PlannedShot] = {}
    counted: set[str] = set()
    for name, takes in made.items():
        recipe, source = recipes[name], upstream[name]
        planned[name] = _shot(recipe, maker.looked_up(recipe, source, takes, finished), source, counted, moments)
    return [planned[name] for name in recipes]


def _shot(
    recipe: ShotRecipe, takes: tuple[Take, ...], source: str | None, counted: set[str], moments: Moments
) -> PlannedShot:
    """`counted` are clips that an identical shot has brought into the sum already: they are rendered once."""
    fresh = {clip.fingerprint: clip for take in takes for clip in take.clips if clip.fingerprint not in counted}
    counted.update(fresh)
    shot, prompt = recipe.shot, takes[0].clips[0].spec.prompt
    return PlannedShot(
        id=recipe.id,
        scene=shot.scene,
        num_frames=recipe.num_frames,
        fps=moments.fps,
        takes=takes,
        depends_on=(source,) if source else (),
        transition=shot.transition,
        estimated_seconds=sum(clip.estimated_seconds for clip in fresh.values()),
        start=moments.starts[recipe.id],
        overlap=moments.overlaps[recipe.id],
        original_prompt=None if prompt == shot.prompt else shot.prompt,
        caption=shot.caption,
        place=shot.place,
    )


def _slowest_take(shot: PlannedShot) -> float:
    return max(sum(clip.estimated_seconds for clip in take.clips) for take in shot.takes)


def _totals(shots: Sequence[PlannedShot], moments: Moments, width: int, basis: Basis) -> Totals:
    takes = [take for shot in shots for take in shot.takes]
    return Totals(
        shots=len(shots),
        takes=len(takes),
        cached=sum(take.status == "cached" for take in takes),
        frames=moments.num_frames,
        film_seconds=moments.seconds,
        estimated_seconds=sum(shot.estimated_seconds for shot in shots),
        width=width,
        estimate=basis,
    )


def _place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
