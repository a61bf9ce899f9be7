"""`make_plan`: storyboard, settings and snapshot in, the complete plan out. Pure: the same input, the same plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from flows.clips import HandOff
from flows.errors import Lacking, Problem, StoryboardError
from flows.garbage import without_garbage_collection
from flows.planning.anchors import look_after
from flows.planning.choice import Chosen, chosen
from flows.planning.film_checks import voice_problems
from flows.planning.gangs import gang_problems
from flows.planning.joins import hand_off_of, handed_keyframe
from flows.planning.model import Plan, PlannedShot, Take, Totals
from flows.planning.moments import Moments, planned_voices
from flows.planning.order import chained, critical_path, greatest_width, upstream_first, upstream_of
from flows.planning.overheads import with_overheads
from flows.planning.recipes import ShotRecipe, keyframe_recipes, lay_out, moments_of
from flows.planning.sampling import numerics_for
from flows.planning.takes import TakeMaker
from flows.planning.transitions import transition_problems
from flows.planning.warnings import plan_warnings
from flows.planning.why import worst_seam
from flows.resolve import Snapshot, family_of
from flows.resolve.picks import Pick
from flows.settings import Settings
from flows.storyboard.model import Storyboard


@without_garbage_collection()
def make_plan(storyboard: Storyboard, settings: Settings, snapshot: Snapshot) -> Plan:
    """The plan of the film.

    Raises StoryboardError with every problem at once: broken assets, inputs that cannot be used, impossible sizes,
    lengths, references and transitions, and what is missing here; Lacking when something is missing and nothing
    else is wrong; SettingsError for a family, precision or attention kernel that does not exist.
    """
    sketch = sketch_plan(storyboard, settings, snapshot)
    return sketch.plan(snapshot.finished(sketch.fingerprints))


def sketch_plan(storyboard: Storyboard, settings: Settings, snapshot: Snapshot) -> Sketch:
    """The plan but for what of it is in the store, which may be asked for many films at once. Raises as `make_plan`."""
    with _with_what_lacks(snapshot):
        problems = list(snapshot.problems)
        family = family_of(settings.model)
        geometry, recipes = lay_out(storyboard, settings, family, snapshot, problems)
        upstream = upstream_of(storyboard.shots, problems)
        stills = keyframe_recipes(storyboard, settings, family, geometry, snapshot, recipes)
        _refuse(problems)
        render, moments = settings.render, moments_of(recipes, geometry.fps)
        numerics, members = numerics_for(family, render), settings.cluster.members
        maker = TakeMaker(geometry, numerics, snapshot, render.device, render.negative_prompt, members)
        order = upstream_first(upstream)
        keyframes = {name: maker.keyframe(recipe) for name, recipe in stills.items()}
        made = _made(recipes, maker, upstream, order, keyframes)
    return Sketch(storyboard, settings, snapshot, recipes, upstream, order, moments, maker, made, stills, keyframes)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A film with everything decided and nothing looked up: `made` are the takes of each shot, upstream first, `stills`
    and `keyframes` the recipe and the take of what is rendered for shots to begin with."""

    storyboard: Storyboard
    settings: Settings
    snapshot: Snapshot
    recipes: Mapping[str, ShotRecipe]
    upstream: Mapping[str, str | None]
    order: Sequence[str]
    moments: Moments
    maker: TakeMaker
    made: Mapping[str, Chosen]
    stills: Mapping[str, ShotRecipe] = field(default_factory=dict)
    keyframes: Mapping[str, Take] = field(default_factory=dict)

    @property
    def fingerprints(self) -> list[str]:
        """Of all its clips, and of those that are passed over."""
        takes = (take for each in self.made.values() for take in (*each.takes, *each.others))
        return [clip.fingerprint for take in (*self.keyframes.values(), *takes) for clip in take.clips]

    def plan(self, finished: Collection[str]) -> Plan:
        """The plan, where the store has these fingerprints. Raises as `make_plan`."""
        with _with_what_lacks(self.snapshot):
            plan = self._plan(finished)
        lacks = (*self.snapshot.lacks, *(self.snapshot.machine if plan.totals.cached < plan.totals.takes else ()))
        if lacks:
            raise Lacking(lacks)
        return plan

    def _plan(self, finished: Collection[str]) -> Plan:
        storyboard, settings, snapshot, moments = self.storyboard, self.settings, self.snapshot, self.moments
        geometry = self.maker.geometry
        shots = self._planned(finished)
        _refuse(transition_problems(shots, storyboard.shots) or voice_problems(storyboard, moments))
        _refuse([*gang_problems(shots, settings.cluster, snapshot.heads)])
        seconds = {shot.id: _slowest_take(shot) for shot in shots}
        new = {shot.id: sum(take.status == "new" for take in shot.takes) for shot in shots}
        before = chained(storyboard.shots, self.upstream) if self.keyframes else self.upstream
        width, narrow = (greatest_width(upstream_first(each), each, new) for each in (self.upstream, before))
        totals = _totals(shots, moments, (width, narrow), self.maker)
        size = geometry.film.width, geometry.film.height
        return Plan(
            title=storyboard.title,
            slug=storyboard.slug,
            storyboard_digest=snapshot.storyboard_digest,
            width=geometry.film.width,
            height=geometry.film.height,
            fps=geometry.fps,
            shots=tuple(shots),
            critical_path=critical_path(self.order, self.upstream, seconds, _before(shots)),
            totals=with_overheads(totals, settings, snapshot.overheads, size, storyboard.deliver),
            assets={digest: str(path) for path, digest in snapshot.digests.items()},
            warnings=(
                *plan_warnings(storyboard, family_of(settings.model), snapshot, shots, moments),
                *self._outdated(),
            ),
            storyboard=storyboard,
            settings=settings,
            voices=planned_voices(storyboard, moments),
            last_seam=worst_seam(snapshot.past, self.order),
        )

    def _planned(self, finished: Collection[str]) -> list[PlannedShot]:
        """The shots in the film's order."""
        planned: dict[str, PlannedShot] = {}
        counted: set[str] = set()
        for name, made in self.made.items():
            recipe, source = self.recipes[name], self.upstream[name]
            takes = self.maker.looked_up(recipe, source, made.takes, finished)
            others = self.maker.passed_over(made.others, finished)
            planned[name] = _shot(recipe, replace(made, takes=takes, others=others), source, counted, self.moments)
        needed = {up for shot in planned.values() for take in shot.takes for up in _needed_by(take)}
        for name, take in self.keyframes.items():
            asked = take.fingerprint in needed
            still = self.maker.keyframe_looked_up(self.stills[name], take, finished, needed=asked)
            fresh = [clip for clip in still.clips if clip.status == "new" and clip.fingerprint not in counted]
            counted.update(clip.fingerprint for clip in fresh)
            seconds = planned[name].estimated_seconds + sum(clip.estimated_seconds for clip in fresh)
            planned[name] = replace(planned[name], keyframe=still, estimated_seconds=seconds)
        return [planned[name] for name in self.recipes]

    def _outdated(self) -> Iterator[str]:
        """Picks made in this film that hold no more; of a draft with other takes nothing is said, nor of a shot of
        which people have approved what is rendered."""
        for name, made in self.made.items():
            pick = None if self.recipes[name].shot.approved else made.outdated
            if pick is not None and pick.film == self.storyboard.slug and not self.settings.render.takes:
                who = f" by {pick.who}" if pick.who else ""
                yield (
                    f"the choice of take {pick.take} of {name}, made{who} on {pick.when[:10]}, is out of date: its "
                    f"takes are others now; choose again, or forget it: wanflow pick … {name}=auto"
                )


@contextmanager
def _with_what_lacks(snapshot: Snapshot) -> Iterator[None]:
    """Whoever has something to mend is told of what is missing here, too."""
    try:
        yield
    except StoryboardError as error:
        missing = [Problem(None, text) for text in (*snapshot.lacks, *snapshot.machine)]
        raise StoryboardError([*error.problems, *missing]) from error


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise StoryboardError(sorted(problems, key=_place))


def _made(
    recipes: Mapping[str, ShotRecipe],
    maker: TakeMaker,
    upstream: Mapping[str, str | None],
    order: Sequence[str],
    keyframes: Mapping[str, Take],
) -> dict[str, Chosen]:
    """The takes of each shot, upstream first, because fingerprints need it."""
    made: dict[str, Chosen] = {}
    looks: dict[str, HandOff] = {}
    picks: dict[str, list[Pick]] = {}
    for pick in maker.snapshot.picks:
        picks.setdefault(pick.shot, []).append(pick)
    for name in order:
        source, recipe = upstream[name], recipes[name]
        hand_off = None
        if source:
            frames, fps, part = recipes[source].num_frames, maker.geometry.fps, recipe.clips[0].part
            hand_off = hand_off_of(made[source].takes, frames, recipe.join, recipe.shot, part, fps)
        elif name in keyframes:
            hand_off = handed_keyframe(keyframes[name])
        led = keyframes.get(recipe.shot.leads_to or "")
        ends_on = handed_keyframe(led) if led is not None else None
        look = looks[source] if source and recipes[source].shot.scene == recipe.shot.scene else None
        made[name] = chosen(maker.takes(recipe, hand_off, look, ends_on), recipe.shot.take, picks.get(name, ()))
        looks[name] = look_after(recipe.shot, made[name].takes, look)
    return made


def _shot(recipe: ShotRecipe, made: Chosen, source: str | None, counted: set[str], moments: Moments) -> PlannedShot:
    """`counted` are clips that an identical shot has brought into the sum already: they are rendered once."""
    takes = made.takes
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
        estimated_seconds=sum(clip.estimated_seconds for clip in fresh.values() if clip.status == "new"),
        start=moments.starts[recipe.id],
        overlap=moments.overlaps[recipe.id],
        original_prompt=None if prompt == shot.prompt else shot.prompt,
        caption=shot.caption,
        approved=shot.approved,
        place=shot.place,
        choice=made.choice,
        others=made.others,
        leads_to=shot.leads_to,
        goes_on_from=shot.continuity.source if shot.continuity else None,
    )


def _needed_by(take: Take) -> Iterator[str]:
    """What its new clips start from and end on."""
    return (up for clip in take.clips if clip.status == "new" for up in clip.upstream)


def _before(shots: Sequence[PlannedShot]) -> dict[str, float]:
    """Seconds until the keyframes of a shot are rendered, each by a worker of its own."""
    stills = {shot.id: still.estimated_seconds for shot in shots if (still := shot.still) is not None}
    both = {shot.id: (stills.get(shot.id, 0.0), stills.get(shot.leads_to or "", 0.0)) for shot in shots}
    return {name: max(seconds) for name, seconds in both.items() if max(seconds) > 0}


def _slowest_take(shot: PlannedShot) -> float:
    return max(sum(clip.estimated_seconds for clip in take.clips if clip.status == "new") for take in shot.takes)


def _totals(shots: Sequence[PlannedShot], moments: Moments, widths: tuple[int, int], maker: TakeMaker) -> Totals:
    takes = [take for shot in shots for take in shot.takes]
    stills = [shot.keyframe for shot in shots if shot.keyframe is not None]
    new = {clip.spec.variant for take in (*takes, *stills) for clip in take.clips if clip.status == "new"}
    gpus = {gpu for variant in new or maker.gpus for gpu in maker.gpus[variant]}
    return Totals(
        shots=len(shots),
        takes=len(takes),
        cached=sum(take.status == "cached" for take in takes),
        frames=moments.num_frames,
        film_seconds=moments.seconds,
        estimated_seconds=sum(shot.estimated_seconds for shot in shots),
        width=widths[0],
        estimate=maker.basis,
        loads=dict(maker.loads),
        gpus=tuple(sorted(gpus)),
        keyframes=len(stills),
        keyframes_cached=sum(still.status == "cached" for still in stills),
        chained_width=widths[1],
    )


def _place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)
