"""What is rendered of each shot, decided for all its takes at once: which clips, how long, how large, how sampled."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from flows.errors import Problem
from flows.planning.film_checks import deliverable_problems
from flows.planning.geometry import Geometry, film_geometry
from flows.planning.joins import NOTHING, Join, joins_of
from flows.planning.media_fit import fit_problems
from flows.planning.moments import Moments, film_moments
from flows.planning.motion import motion_problems
from flows.planning.reach import reach_problems
from flows.planning.sampling import sampling_for, size_scale
from flows.resolve import Snapshot
from flows.settings import RenderSettings, Settings
from flows.shots import (
    ClipCut,
    Part,
    choose_variant,
    clip_frames,
    cut_into_clips,
    film_frames,
    following_part,
    hidden_at_end,
    is_joined,
    keyframes_of,
    overlap_of,
    part_of,
)
from flows.shots.keyframes import FASTEST
from flows.shots.problems import unusable_inputs
from flows.storyboard.model import SamplingOverride, Shot, Size, Storyboard
from wan.families import Family
from wan.request import Sampling


@dataclass(frozen=True, slots=True)
class ShotRecipe:
    """A shot with everything decided that its takes share. `samplings` and `sizes` have one entry a clip; `num_frames`
    counts frames of the film. `join` says how it goes on from another shot, `pace`: so many frames are rendered for one
    that is shown."""

    id: str
    shot: Shot
    clips: tuple[ClipCut, ...]
    samplings: tuple[Sampling, ...]
    sizes: tuple[Size, ...]
    seed: int
    count: int
    num_frames: int
    join: Join = NOTHING
    pace: Fraction = Fraction(1)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of its takes, from 1; also that of the one chosen, where a draft has fewer."""
        return tuple(sorted({*range(1, self.count + 1), self.shot.take or 1}))


def lay_out(
    storyboard: Storyboard, settings: Settings, family: Family, snapshot: Snapshot, problems: list[Problem]
) -> tuple[Geometry, dict[str, ShotRecipe]]:
    """Sizes, and what is rendered of each shot, by full id in the film's order. What is wrong is added to `problems`,
    and shots that something is wrong with are left out. Needs no digests and no checkpoints."""
    problems += unusable_inputs(storyboard, family)
    for shot in storyboard.shots:
        problems += motion_problems(shot, family, snapshot)
        problems += fit_problems(shot, snapshot)
    geometry = film_geometry(storyboard, family, problems, snapshot.image_sizes)
    problems += deliverable_problems(storyboard)
    wrong = {problem.shot for problem in problems}
    joins = joins_of(storyboard, family, geometry.fps, snapshot.media_seconds)
    maker = _RecipeMaker(storyboard, settings.render, family, geometry, snapshot, problems, joins, {})
    sound = [shot for shot in storyboard.shots if shot.full_id not in wrong]
    made = [recipe for shot in sound if (recipe := maker.recipe(shot)) is not None]
    return geometry, {recipe.id: recipe for recipe in made}


def keyframe_recipes(
    storyboard: Storyboard,
    settings: Settings,
    family: Family,
    geometry: Geometry,
    snapshot: Snapshot,
    shots: Collection[str],
) -> dict[str, ShotRecipe]:
    """What is rendered of the stills that these shots begin with (full ids; nothing is wrong with them), by the id of
    the shot: one take, with the shot's first seed."""
    problems: list[Problem] = []
    maker = _RecipeMaker(storyboard, settings.render, family, geometry, snapshot, problems, {}, {})
    stills = keyframes_of(storyboard, family, geometry.fps)
    made = {name: maker.recipe(still) for name, still in stills.items() if name in shots}
    return {name: replace(recipe, count=1) for name, recipe in made.items() if recipe is not None}


def moments_of(recipes: Mapping[str, ShotRecipe], fps: float) -> Moments:
    """When each shot is seen."""
    shots = ((name, recipe.num_frames, recipe.shot.transition) for name, recipe in recipes.items())
    return film_moments(shots, fps)


@dataclass(frozen=True, slots=True)
class _RecipeMaker:
    """Makes the recipes of one film's shots. What keeps a shot from being made is added to `problems`."""

    storyboard: Storyboard
    render: RenderSettings
    family: Family
    geometry: Geometry
    snapshot: Snapshot
    problems: list[Problem]
    joins: Mapping[str, Join]
    samplings: dict[tuple[str, SamplingOverride], Sampling]

    def recipe(self, shot: Shot) -> ShotRecipe | None:
        """None where something is wrong."""
        part = part_of(self.family, choose_variant(shot, self.family))
        assert part is not None, "unusable_inputs has refused shots that the family has no part for"
        frames = film_frames(shot, part, self.geometry.fps, self.snapshot.media_seconds)
        clips = self._clips(shot, part, frames)
        pace = Fraction(sum(cut.keep for cut in clips) or 1, clip_frames(frames, part, self.geometry.fps))
        if shot.leads_to is not None and pace > FASTEST:
            self._too_short(shot, frames, pace)
        samplings = self._samplings(shot, clips)
        if not samplings:
            return None
        seconds = self.snapshot.media_seconds
        self.problems.extend(reach_problems(shot, clips, samplings[0], self.geometry.fps, seconds))
        sizes = [self.geometry.size_of(cut.part, size_scale(cut.part, self.render, shot.sampling)) for cut in clips]
        return ShotRecipe(
            id=shot.full_id,
            shot=shot,
            clips=clips,
            samplings=samplings,
            sizes=tuple(sizes),
            seed=next((seed for seed in (shot.seed, self.storyboard.seed) if seed is not None), 0),
            count=self.render.takes or shot.takes,
            num_frames=frames,
            join=self.joins.get(shot.full_id, NOTHING),
            pace=pace if shot.leads_to is not None else Fraction(1),
        )

    def _clips(self, shot: Shot, part: Part, frames: int) -> tuple[ClipCut, ...]:
        """The clips that show `frames` frames of the film; none if they cannot. Of a shot that ends on a keyframe the
        last frame alone is not shown: all that lead to it are, be they a few more than the film has."""
        try:
            hidden = hidden_at_end(shot)
            clips = cut_into_clips(
                clip_frames(frames, part, self.geometry.fps) + hidden,
                self.joins.get(shot.full_id, NOTHING).hidden,
                part,
                following_part(part, self.family, shot),
                joined=is_joined(shot),
                overlap=overlap_of(shot, part),
            )
            if not hidden:
                return clips
            return (*clips[:-1], replace(clips[-1], keep=clips[-1].num_frames - clips[-1].skip_first - hidden))
        except ValueError as error:
            self._wrong(shot, "duration", error, "make the shot shorter")
            return ()

    def _samplings(self, shot: Shot, clips: tuple[ClipCut, ...]) -> tuple[Sampling, ...]:
        """How each is sampled; shots that are sampled alike share one. None if there is no such solver."""
        try:
            return tuple(self._sampling(cut, shot.sampling) for cut in clips)
        except ValueError as error:
            self._wrong(shot, "sampling.solver", error, None)
            return ()

    def _sampling(self, cut: ClipCut, override: SamplingOverride) -> Sampling:
        key = cut.part.variant.name, override
        if key not in self.samplings:
            self.samplings[key] = sampling_for(cut.part, self.render, override)
        return self.samplings[key]

    def _too_short(self, shot: Shot, frames: int, pace: Fraction) -> None:
        least = math.ceil(frames * pace / Fraction(FASTEST)) / self.geometry.fps
        message = f"its two keyframes are {float(frames * pace):g} rendered frames apart, and it has {frames}"
        fix = f"make it {math.ceil(least * 100) / 100:g}s or longer, or use `by: last_frame`"
        self.problems.append(Problem(shot.where("duration"), message, fix, shot.full_id))

    def _wrong(self, shot: Shot, key: str, error: ValueError, fix: str | None) -> None:
        self.problems.append(Problem(shot.where(key), str(error), fix, shot.full_id))
