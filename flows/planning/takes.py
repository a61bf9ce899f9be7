"""From a shot to its takes: each a chain of clips with fingerprints, statuses and estimates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.ledger import Workload, forwards
from flows.ledger.timings import BASES, Basis, Extent
from flows.media.treated import versions
from flows.planning.fingerprint import fingerprint
from flows.planning.geometry import Geometry
from flows.planning.media import camera_path, clip_loras, clip_media
from flows.planning.model import Clip, HandOff, Take
from flows.planning.motion import prepared_media, relighting_loras
from flows.planning.rough import rough_seconds
from flows.planning.rows import numerics_in_a_word
from flows.planning.why import IN_STORE, why_new
from flows.resolve import Snapshot
from flows.shots import Segment
from flows.storyboard.model import Shot, Size
from wan.families import Role
from wan.request import Numerics, Sampling
from wan.variants import Variant

SEEDS = 2**63
"""Seeds are 0 … 2**63 - 1; sums wrap around."""
SEGMENT_SEED_STEP = 1_000_003
"""Segment n of a take is drawn with the take's seed + n times this (a prime): never the noise of another take."""


@dataclass(frozen=True, slots=True)
class ShotRecipe:
    """A shot with everything decided that its takes share. `samplings` and `sizes` have one entry a segment;
    `num_frames` counts frames of the film."""

    id: str
    shot: Shot
    segments: tuple[Segment, ...]
    samplings: tuple[Sampling, ...]
    sizes: tuple[Size, ...]
    seed: int
    count: int
    num_frames: int


@dataclass(slots=True)
class TakeMaker:
    """Makes the takes of one film's shots, and remembers what its estimates stood on."""

    geometry: Geometry
    numerics: Numerics
    snapshot: Snapshot
    device: str
    negative_prompt: str | None = None
    """Of shots that name none; None: the family's, or the variant's."""
    bases: set[Basis] = field(default_factory=set)

    @property
    def basis(self) -> Basis:
        """The weakest of what the estimates stood on so far."""
        return max(self.bases, key=BASES.index, default="measured")

    def takes(self, recipe: ShotRecipe, hand_off: HandOff | None) -> tuple[Take, ...]:
        """All takes of the shot, first seed first, as if nothing were in the store. `hand_off` is what it gets from the
        shot that it goes on from."""
        return tuple(self._take(recipe, index, hand_off) for index in range(recipe.count))

    def _take(self, recipe: ShotRecipe, index: int, hand_off: HandOff | None) -> Take:
        seed = (recipe.seed + index) % SEEDS
        clips: list[Clip] = []
        for number in range(len(recipe.segments)):
            clip = self._clip(recipe, number, (seed + number * SEGMENT_SEED_STEP) % SEEDS, hand_off)
            clips.append(clip)
            if number + 1 < len(recipe.segments):
                hand_off = HandOff((clip.fingerprint,), what=recipe.segments[number + 1].chained)
        return Take(seed, clips[-1].fingerprint, "new", "", tuple(clips))

    def looked_up(
        self, recipe: ShotRecipe, source: str | None, takes: Sequence[Take], finished: Collection[str]
    ) -> tuple[Take, ...]:
        """The takes with what the store has of them (`finished` fingerprints), why the others are new, and estimates of
        those."""
        return tuple(self._looked_up(recipe, source, index, take, finished) for index, take in enumerate(takes))

    def _looked_up(
        self, recipe: ShotRecipe, source: str | None, index: int, take: Take, finished: Collection[str]
    ) -> Take:
        chain = tuple(
            replace(clip, status="cached")
            if clip.fingerprint in finished
            else replace(clip, estimated_seconds=self._seconds(clip, segment.part.role))
            for clip, segment in zip(take.clips, recipe.segments, strict=True)
        )
        if all(clip.status == "cached" for clip in chain):
            return replace(take, status="cached", why=IN_STORE, clips=chain)
        return replace(take, why=why_new(source, index, chain, self.snapshot.past.get(recipe.id)), clips=chain)

    def _clip(self, recipe: ShotRecipe, number: int, seed: int, hand_off: HandOff | None) -> Clip:
        segment, sampling, shot = recipe.segments[number], recipe.samplings[number], recipe.shot
        variant, role = segment.part.variant, segment.part.role
        negatives = (shot.negative_prompt, self.negative_prompt, role.negative_prompt, variant.negative_prompt)
        size, rate = recipe.sizes[number], segment.part.rate(self.geometry.fps)
        following, last = number > 0, number == len(recipe.segments) - 1
        clip = Clip(
            fingerprint="",
            variant=variant.name,
            checkpoint=self.snapshot.checkpoints.get(variant.name, ""),
            prompt=self.snapshot.prompts.get(recipe.id, shot.prompt),
            negative_prompt=next(words for words in negatives if words is not None),
            width=size.width,
            height=size.height,
            num_frames=segment.num_frames,
            fps=rate,
            seed=seed,
            sampling=sampling,
            numerics=self.numerics,
            image=self._digest(shot.image) if segment.chained == "carried" or not following else None,
            last_image=self._digest(shot.end_image) if last else None,
            hand_off=hand_off,
            start_frame=segment.start,
            media=clip_media(shot, variant, self._digest)
            + prepared_media(shot, variant, self.snapshot, self._digest, size, rate),
            strength=shot.video.strength if shot.video else None,
            control_scale=shot.control.scale if shot.control else 1.0,
            camera=camera_path(shot, variant),
            loras=clip_loras(shot, role, self.snapshot) + relighting_loras(shot, variant, self.snapshot),
            skip_first=segment.skip_first,
            keep=segment.keep,
        )
        if treated := self._treated(clip):
            clip = replace(clip, treated=treated)
        return replace(clip, fingerprint=fingerprint(clip))

    def _seconds(self, clip: Clip, role: Role) -> float:
        sampling = clip.sampling
        passes = forwards(sampling.guidance_scale.high, sampling.guidance_scale.low)
        extent = clip.width, clip.height, clip.num_frames
        numerics = numerics_in_a_word(clip.numerics)
        work = Workload(clip.variant, clip.checkpoint, extent, clip.steps_taken, passes, numerics)

        def rough(extent: Extent) -> float:
            width, height, frames = extent
            like = replace(clip, width=width, height=height, num_frames=frames)
            return rough_seconds(like, published=role.repo is not None, flash_3=self.snapshot.flash_3)

        estimate = self.snapshot.timings.estimate(work, self.device, rough)
        self.bases.add(estimate.basis)
        return estimate.seconds

    def _treated(self, clip: Clip) -> tuple[str, ...]:
        """What is done to the clip's inputs: they give other pixels than the same files read plainly."""
        if not self.snapshot.treated:
            return ()
        used = {clip.image, clip.last_image, *(medium.digest for medium in clip.media)}
        treated = self.snapshot.treated.items()
        return versions(name for path, names in treated if self._digest(path) in used for name in names)

    def _digest(self, path: Path | None) -> str | None:
        """The digest of an input; of one that is broken, and reported, a stand-in to go on with."""
        return None if path is None else self.snapshot.digests.get(path, "missing")


def hand_off_of(takes: tuple[Take, ...], variant: Variant, early: int = 0) -> HandOff:
    """What a shot with these takes passes on to one of `variant`: the frame `early` before the last one that the film
    shows of it, and from speech to speech the frames before that, too."""
    last = takes[0].clips[-1]
    back, frame = _counted_back(takes[0].clips, early)
    judged_by_all = len(takes) > 1 and len(takes[0].clips) > 1
    reaches_back = variant.chained == "carried" and variant.name == last.variant
    return HandOff(
        tuple(take.fingerprint for take in takes),
        "best_weakest_clip" if judged_by_all else "best_score",
        frame=frame,
        what="frames" if reaches_back else "frame",
        behind=tuple(clip.fingerprint for take in takes for clip in take.clips[:-1]) if reaches_back or back else (),
        segments=tuple(tuple(clip.fingerprint for clip in take.clips) for take in takes) if judged_by_all else (),
        back=back,
    )


def _counted_back(clips: tuple[Clip, ...], early: int) -> tuple[int, int]:
    """Where the frame `early` before the last shown one lies: how many segments from the end, and which of its frames
    (-1: its last). Of what is longer than the shot, which is refused elsewhere, the first frame."""
    for back, clip in enumerate(reversed(clips)):
        if early < clip.keep:
            frame = clip.skip_first + clip.keep - 1 - early
            return back, -1 if frame == clip.num_frames - 1 else frame
        early -= clip.keep
    return len(clips) - 1, clips[0].skip_first
