"""`make_plan`: storyboard, settings and snapshot in, the complete plan out. Pure: the same input, the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from flows.errors import Lacking, Problem, StoryboardError
from flows.ledger.timings import Basis
from flows.planning.film_checks import deliverable_problems, voice_problems
from flows.planning.geometry import Geometry, film_geometry
from flows.planning.media_fit import fit_problems
from flows.planning.model import Plan, PlannedShot, Take, Totals
from flows.planning.motion import motion_problems
from flows.planning.order import critical_path, greatest_width, upstream_first, upstream_of
from flows.planning.overheads import with_overheads
from flows.planning.reach import reach_problems
from flows.planning.sampling import numerics_for, sampling_for, size_scale
from flows.planning.takes import ShotRecipe, TakeMaker, hand_off_of
from flows.planning.transitions import blended, overlaps, transition_problems
from flows.planning.warnings import plan_warnings
from flows.resolve import Snapshot, family_of
from flows.settings import Settings
from flows.shots import (
    choose_variant,
    clip_frames,
    cut_into_segments,
    film_frames,
    following_part,
    hidden_frames,
    is_joined,
    part_of,
)
from flows.shots.problems import unusable_inputs
from flows.storyboard.model import SamplingOverride, Storyboard
from wan.families import Family
from wan.request import Sampling


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
    if problems:
        raise StoryboardError(sorted(problems, key=_place))
    render = settings.render
    maker = TakeMaker(geometry, numerics_for(family, render), snapshot, render.device, render.negative_prompt)
    order = upstream_first(upstream)
    shots = _planned(recipes, maker, upstream, order)
    shared = overlaps(shots, geometry.fps)
    problems = transition_problems(shots, storyboard.shots, geometry.fps, shared)
    problems = problems or voice_problems(storyboard, shots, shared)
    if problems:
        raise StoryboardError(sorted(problems, key=_place))
    seconds = {shot.id: _slowest_take(shot) for shot in shots}
    new = {shot.id: sum(take.status == "new" for take in shot.takes) for shot in shots}
    return Plan(
        title=storyboard.title,
        slug=storyboard.slug,
        storyboard_digest=snapshot.storyboard_digest,
        width=geometry.film.width,
        height=geometry.film.height,
        fps=geometry.fps,
        shots=tuple(shots),
        critical_path=critical_path(order, upstream, seconds),
        totals=with_overheads(
            _totals(shots, sum(shared), geometry.fps, greatest_width(order, upstream, new), maker.basis),
            settings,
            snapshot.overheads,
            (geometry.film.width, geometry.film.height),
            storyboard.deliver,
        ),
        assets={digest: str(path) for path, digest in snapshot.digests.items()},
        warnings=plan_warnings(storyboard, family, snapshot, shots),
        storyboard=storyboard,
        settings=settings,
    )


def lay_out(
    storyboard: Storyboard, settings: Settings, family: Family, snapshot: Snapshot, problems: list[Problem]
) -> tuple[Geometry, dict[str, ShotRecipe]]:
    """Sizes, and what is rendered of each shot, by full id. What is wrong is added to `problems`, and shots that
    something is wrong with are left out. Needs no digests and no checkpoints."""
    problems += unusable_inputs(storyboard, family)
    for shot in storyboard.shots:
        problems += motion_problems(shot, family, snapshot)
        problems += fit_problems(shot, snapshot)
    geometry = film_geometry(storyboard, family, problems, snapshot.image_sizes)
    problems += deliverable_problems(storyboard)
    return geometry, _recipes(storyboard, settings, family, geometry, snapshot, problems)


def _recipes(
    storyboard: Storyboard,
    settings: Settings,
    family: Family,
    geometry: Geometry,
    snapshot: Snapshot,
    problems: list[Problem],
) -> dict[str, ShotRecipe]:
    """By full id, in the film's order. What keeps a shot from being made is added to `problems`; shots that have some
    already are left out."""
    made: dict[str, ShotRecipe] = {}
    fps, render = geometry.fps, settings.render
    wrong = {problem.shot for problem in problems}
    samplings: dict[tuple[str, SamplingOverride], Sampling] = {}
    for shot in storyboard.shots:
        name = shot.full_id
        if name in wrong:
            continue
        part = part_of(family, choose_variant(shot, family))
        assert part is not None, "unusable_inputs has refused shots that the family has no part for"
        frames = film_frames(shot, part, fps, snapshot.media_seconds)
        try:
            segments = cut_into_segments(
                clip_frames(frames, part, fps),
                hidden_frames(shot),
                part,
                following_part(part, family, shot),
                joined=is_joined(shot),
            )
        except ValueError as error:
            problems.append(Problem(shot.where("duration"), str(error), "make the shot shorter", name))
            continue
        try:
            for segment in segments:
                key = (segment.part.variant.name, shot.sampling)
                if key not in samplings:
                    samplings[key] = sampling_for(segment.part, render, shot.sampling)
        except ValueError as error:
            problems.append(Problem(shot.where("sampling.solver"), str(error), None, name))
            continue
        problems += reach_problems(
            shot, segments, samplings[part.variant.name, shot.sampling], fps, snapshot.media_seconds
        )
        made[name] = ShotRecipe(
            id=name,
            shot=shot,
            segments=segments,
            samplings=tuple(samplings[segment.part.variant.name, shot.sampling] for segment in segments),
            sizes=tuple(
                geometry.size_of(segment.part, size_scale(segment.part, render, shot.sampling)) for segment in segments
            ),
            seed=next((seed for seed in (shot.seed, storyboard.seed) if seed is not None), 0),
            count=settings.render.takes or shot.takes,
            num_frames=frames,
        )
    return made


def _planned(
    recipes: Mapping[str, ShotRecipe], maker: TakeMaker, upstream: Mapping[str, str | None], order: Sequence[str]
) -> list[PlannedShot]:
    """The shots in the film's order; their takes are made upstream first, because fingerprints need it,
    and looked up in the store together."""
    made: dict[str, tuple[Take, ...]] = {}
    before = dict(pairwise(reversed(list(recipes))))
    fps = maker.geometry.fps
    for name in order:
        source, recipe = upstream[name], recipes[name]
        hand_off = None
        if source:
            early = blended(recipe.shot, before.get(name), source, fps) * made[source][0].clips[0].fps / fps
            hand_off = hand_off_of(made[source], recipe.segments[0].part.variant, round(early))
        made[name] = maker.takes(recipe, hand_off)
    finished = maker.snapshot.finished(
        [clip.fingerprint for takes in made.values() for take in takes for clip in take.clips]
    )
    planned: dict[str, PlannedShot] = {}
    counted: set[str] = set()
    for name, takes in made.items():
        recipe, source = recipes[name], upstream[name]
        planned[name] = _shot(recipe, maker.looked_up(recipe, source, takes, finished), source, counted, fps)
    return [planned[name] for name in recipes]


def _shot(
    recipe: ShotRecipe, takes: tuple[Take, ...], source: str | None, counted: set[str], fps: float
) -> PlannedShot:
    """`counted` are clips that an identical shot has brought into the sum already: they are rendered once."""
    first = takes[0].clips[0]
    fresh = {clip.fingerprint: clip for take in takes for clip in take.clips if clip.fingerprint not in counted}
    counted.update(fresh)
    return PlannedShot(
        id=recipe.id,
        scene=recipe.shot.scene,
        variant=first.variant,
        num_frames=recipe.num_frames,
        fps=fps,
        width=first.width,
        height=first.height,
        prompt=first.prompt,
        original_prompt=None if first.prompt == recipe.shot.prompt else recipe.shot.prompt,
        negative_prompt=first.negative_prompt,
        takes=takes,
        depends_on=(source,) if source else (),
        transition=recipe.shot.transition,
        estimated_seconds=sum(clip.estimated_seconds for clip in fresh.values()),
        render_fps=first.fps,
        audio=next((medium.digest for medium in first.media if medium.name == "audio"), None),
        caption=recipe.shot.caption,
        place=recipe.shot.place,
    )


def _slowest_take(shot: PlannedShot) -> float:
    return max(sum(clip.estimated_seconds for clip in take.clips) for take in shot.takes)


def _totals(shots: Sequence[PlannedShot], overlap: int, fps: float, width: int, basis: Basis) -> Totals:
    frames = sum(shot.num_frames for shot in shots) - overlap
    takes = [take for shot in shots for take in shot.takes]
    return Totals(
        shots=len(shots),
        takes=len(takes),
        cached=sum(take.status == "cached" for take in takes),
        frames=frames,
        film_seconds=frames / fps,
        estimated_seconds=sum(shot.estimated_seconds for shot in shots),
        width=width,
        estimate=basis,
    )


def _place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
