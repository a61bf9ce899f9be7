"""From a shot to its takes: each a chain of clips with fingerprints, statuses and estimates."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flows.ledger import Workload, forwards
from flows.ledger.timings import BASES, Basis
from flows.plan.fingerprint import clip_content, fingerprint
from flows.plan.geometry import Geometry
from flows.plan.model import Clip, HandOff, Take
from flows.plan.why import IN_STORE, why_new
from flows.resolve import Snapshot
from flows.resolve.needs import Segment
from flows.storyboard.model import Shot
from wan.request import Numerics, Sampling

SEEDS = 2**63
"""Seeds are 0 … 2**63 - 1; sums wrap around."""
SEGMENT_SEED_STEP = 1_000_003
"""Segment n of a take is drawn with the take's seed + n times this (a prime): never the noise of another take."""


@dataclass(frozen=True, slots=True)
class ShotRecipe:
    """A shot with everything decided that its takes share. `samplings` has one entry a segment."""

    id: str
    shot: Shot
    segments: tuple[Segment, ...]
    samplings: tuple[Sampling, ...]
    seed: int
    count: int


@dataclass(slots=True)
class TakeMaker:
    """Makes the takes of one film's shots, and remembers what its estimates stood on."""

    geometry: Geometry
    numerics: Numerics
    snapshot: Snapshot
    device: str
    bases: set[Basis] = field(default_factory=set)

    @property
    def basis(self) -> Basis:
        """The weakest of what the estimates stood on so far."""
        return max(self.bases, key=BASES.index, default="measured")

    def takes(self, recipe: ShotRecipe, source: str | None, hand_off: HandOff | None) -> tuple[Take, ...]:
        """All takes of the shot, first seed first. `hand_off` is what it gets from the shot `source`."""
        return tuple(self._take(recipe, index, source, hand_off) for index in range(recipe.count))

    def _take(self, recipe: ShotRecipe, index: int, source: str | None, hand_off: HandOff | None) -> Take:
        seed = (recipe.seed + index) % SEEDS
        clips: list[Clip] = []
        for number in range(len(recipe.segments)):
            clip = self._clip(recipe, number, (seed + number * SEGMENT_SEED_STEP) % SEEDS, hand_off)
            clips.append(clip)
            hand_off = HandOff((clip.fingerprint,))
        chain = tuple(clips)
        if all(clip.status == "cached" for clip in chain):
            return Take(seed, chain[-1].fingerprint, "cached", IN_STORE, chain)
        why = why_new(source, index, chain, self.snapshot.past.get(recipe.id))
        return Take(seed, chain[-1].fingerprint, "new", why, chain)

    def _clip(self, recipe: ShotRecipe, number: int, seed: int, hand_off: HandOff | None) -> Clip:
        segment, sampling, shot = recipe.segments[number], recipe.samplings[number], recipe.shot
        variant, role = segment.part.variant, segment.part.role
        default = variant.negative_prompt if role.negative_prompt is None else role.negative_prompt
        size = self.geometry.render
        checkpoint = self.snapshot.checkpoints.get(variant.name, "")
        negative_prompt = default if shot.negative_prompt is None else shot.negative_prompt
        image = self._digest(shot.image) if number == 0 else None
        last_image = self._digest(shot.end_image) if number == len(recipe.segments) - 1 else None
        mark = fingerprint(
            clip_content(
                variant=variant.name,
                checkpoint=checkpoint,
                prompt=shot.prompt,
                negative_prompt=negative_prompt,
                width=size.width,
                height=size.height,
                num_frames=segment.num_frames,
                seed=seed,
                sampling=sampling,
                numerics=self.numerics,
                image=image,
                last_image=last_image,
                hand_off=hand_off,
            )
        )
        cached = mark in self.snapshot.finished
        return Clip(
            fingerprint=mark,
            variant=variant.name,
            checkpoint=checkpoint,
            prompt=shot.prompt,
            negative_prompt=negative_prompt,
            width=size.width,
            height=size.height,
            num_frames=segment.num_frames,
            fps=self.geometry.fps,
            seed=seed,
            sampling=sampling,
            numerics=self.numerics,
            image=image,
            last_image=last_image,
            hand_off=hand_off,
            skip_first=segment.skip_first,
            keep=segment.keep,
            status="cached" if cached else "new",
            estimated_seconds=0.0 if cached else self._seconds(variant.name, checkpoint, segment, sampling),
        )

    def _seconds(self, variant: str, checkpoint: str, segment: Segment, sampling: Sampling) -> float:
        guidance, size = sampling.guidance_scale, self.geometry.render
        passes = forwards(guidance.high, guidance.low)
        work = Workload(
            variant, checkpoint, size.width, size.height, segment.num_frames, sampling.num_inference_steps, passes
        )
        estimate = self.snapshot.timings.estimate(work, self.device)
        self.bases.add(estimate.basis)
        return estimate.seconds

    def _digest(self, path: Path | None) -> str | None:
        """The digest of an input; of one that is broken, and reported, a stand-in to go on with."""
        return None if path is None else self.snapshot.digests.get(path, "missing")


def hand_off_of(takes: tuple[Take, ...]) -> HandOff:
    """What a shot with these takes passes on: the last frame that the film shows of it."""
    last = takes[0].clips[-1]
    shown = last.skip_first + last.keep - 1
    return HandOff(tuple(take.fingerprint for take in takes), frame=-1 if shown == last.num_frames - 1 else shown)
