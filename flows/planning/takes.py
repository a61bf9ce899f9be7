"""From a shot to its takes: each a chain of clips with fingerprints, statuses and estimates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.clips import SEEDS, ClipSpec, ColourAnchor, HandOff, Medium, fingerprint
from flows.ledger.overheads import LOAD, PUBLISHED_WEIGHTS
from flows.ledger.timings import BASES, Basis, Estimate, Extent
from flows.media.treated import versions
from flows.planning.anchors import anchor_of
from flows.planning.geometry import Geometry
from flows.planning.media import camera_path, clip_loras, clip_media
from flows.planning.model import Clip, Status, Take
from flows.planning.motion import prepared_media, relighting_loras
from flows.planning.recipes import ShotRecipe
from flows.planning.rough import rough_seconds
from flows.planning.why import IN_STORE, why_new
from flows.resolve import Snapshot
from flows.shots import ClipCut
from wan.families import Role
from wan.model.attention import computed
from wan.request import Numerics

PASSED_OVER = "another take was chosen"
NOT_NEEDED = "its shots are in the store"
CLIP_SEED_STEP = 1_000_003
"""Clip n of a take is drawn with the take's seed + n times this (a prime): never the noise of another take."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What a clip has of others: what it starts from, what it ends on, and what its colours are held to."""

    hand_off: HandOff | None
    ends_on: HandOff | None
    anchor: ColourAnchor | None


@dataclass(slots=True)
class TakeMaker:
    """Makes the takes of one film's shots, and remembers what its estimates stood on: `bases` those of new clips,
    `loads` and `gpus` by variant."""

    geometry: Geometry
    numerics: Numerics
    snapshot: Snapshot
    device: str
    negative_prompt: str | None = None
    """Of shots that name none; None: the family's, or the variant's."""
    members: int = 1
    """Processes that render each clip together."""
    bases: set[Basis] = field(default_factory=set)
    loads: dict[str, float] = field(default_factory=dict)
    gpus: dict[str, set[str]] = field(default_factory=dict)
    _estimates: dict[object, Estimate] = field(default_factory=dict)
    _computed: Numerics = field(init=False)
    """What is computed, whichever exact kernel does: that decides pixels."""

    def __post_init__(self) -> None:
        self._computed = replace(self.numerics, attention=computed(self.numerics.attention))

    @property
    def basis(self) -> Basis:
        """The weakest of what the estimates stood on so far."""
        return max(self.bases, key=BASES.index, default="measured")

    def takes(
        self, recipe: ShotRecipe, hand_off: HandOff | None, look: HandOff | None = None, ends_on: HandOff | None = None
    ) -> tuple[Take, ...]:
        """All takes of the shot, first seed first, as if nothing were in the store. `hand_off` is what it gets from the
        shot that it goes on from, or the keyframe that it begins with; `look` what its colours are held to, `ends_on`
        the keyframe at its end."""
        return tuple(self._take(recipe, number, hand_off, look, ends_on) for number in recipe.numbers)

    def keyframe(self, recipe: ShotRecipe) -> Take:
        """The still of a shot that begins with one, as if it were not in the store."""
        return replace(self._take(recipe, 1, None, None, None), number=0)

    def _take(
        self,
        recipe: ShotRecipe,
        take: int,
        hand_off: HandOff | None,
        look: HandOff | None,
        ends_on: HandOff | None,
    ) -> Take:
        seed = (recipe.seed + take - 1) % SEEDS
        clips: list[Clip] = []
        for number in range(len(recipe.clips)):
            held_to = look or (HandOff(((clips[0].fingerprint,),)) if clips else None)
            anchor = anchor_of(recipe.shot, recipe.clips[number].part.variant, held_to, self._digest)
            last = ends_on if number == len(recipe.clips) - 1 else None
            given = _Given(hand_off, last, anchor)
            clip = self._clip(recipe, number, (seed + number * CLIP_SEED_STEP) % SEEDS, given)
            clips.append(clip)
            if number + 1 < len(recipe.clips):
                hand_off = _next_clip(clip, recipe.clips[number + 1])
        return Take(seed, clips[-1].fingerprint, "new", "", tuple(clips), take)

    def looked_up(
        self, recipe: ShotRecipe, source: str | None, takes: Sequence[Take], finished: Collection[str]
    ) -> tuple[Take, ...]:
        """The takes with what the store has of them (`finished` fingerprints), why the others are new, and estimates:
        also of what is there, and may be found damaged."""
        return tuple(self._looked_up(recipe, source, take, finished) for take in takes)

    @staticmethod
    def passed_over(takes: Sequence[Take], finished: Collection[str]) -> tuple[Take, ...]:
        """Takes that are not rendered for this film, with what the store has of them."""
        there = {take.number: all(clip.fingerprint in finished for clip in take.clips) for take in takes}
        return tuple(
            replace(take, status="cached", why=IN_STORE) if there[take.number] else replace(take, why=PASSED_OVER)
            for take in takes
        )

    def keyframe_looked_up(self, recipe: ShotRecipe, take: Take, finished: Collection[str], *, needed: bool) -> Take:
        """The same of a keyframe; `needed`: a shot that begins with it, or ends on it, is new."""
        found = self._looked_up(recipe, None, take, finished)
        if found.status == "cached" or needed:
            return found
        clips = tuple(replace(clip, status="cached") for clip in found.clips)
        return replace(found, status="cached", why=NOT_NEEDED, clips=clips)

    def _looked_up(self, recipe: ShotRecipe, source: str | None, take: Take, finished: Collection[str]) -> Take:
        chain = tuple(
            self._estimated(clip, cut.part.role, "cached" if clip.fingerprint in finished else "new")
            for clip, cut in zip(take.clips, recipe.clips, strict=True)
        )
        if all(clip.status == "cached" for clip in chain):
            return replace(take, status="cached", why=IN_STORE, clips=chain)
        past = self.snapshot.past.get(recipe.id)
        return replace(take, why=why_new(source, max(0, take.number - 1), chain, past), clips=chain)

    def _clip(self, recipe: ShotRecipe, number: int, seed: int, given: _Given) -> Clip:
        cut = recipe.clips[number]
        spec = self._spec(recipe, number, seed, given)
        return Clip(
            fingerprint=fingerprint(spec),
            spec=spec,
            fps=float(cut.part.rate(self.geometry.fps) * recipe.pace),
            kernel=self.numerics.attention,
            skip_first=cut.skip_first,
            keep=cut.keep,
            status="new",
            estimated_seconds=0.0,
        )

    def _spec(self, recipe: ShotRecipe, number: int, seed: int, given: _Given) -> ClipSpec:
        cut, shot, size, anchor = recipe.clips[number], recipe.shot, recipe.sizes[number], given.anchor
        variant, role, rate = cut.part.variant, cut.part.role, cut.part.rate(self.geometry.fps)
        negatives = (shot.negative_prompt, self.negative_prompt, role.negative_prompt, variant.negative_prompt)
        following, last = number > 0, number == len(recipe.clips) - 1
        image = self._digest(shot.image) if cut.chained == "carried" or not following else None
        last_image = self._digest(shot.end_image) if last else None
        media = clip_media(shot, variant, self._digest) + prepared_media(
            shot, variant, self.snapshot, self._digest, size, rate
        )
        camera = camera_path(shot, variant) or ""
        return ClipSpec(
            variant=variant.name,
            render_epoch=variant.render_epoch,
            checkpoint=self.snapshot.checkpoints.get(variant.name, ""),
            prompt=self.snapshot.prompts.get(recipe.id, shot.prompt),
            negative_prompt=next(words for words in negatives if words is not None),
            width=size.width,
            height=size.height,
            num_frames=cut.num_frames,
            seed=seed,
            sampling=recipe.samplings[number],
            numerics=self._computed,
            image=image,
            last_image=last_image,
            hand_off=given.hand_off,
            ends_on=given.ends_on,
            media=media,
            media_fps=rate if media else None,
            start_frame=cut.start if media or camera else 0,
            strength=shot.video.strength if shot.video else None,
            control_scale=shot.control.scale if shot.control else 1.0,
            camera=camera,
            loras=clip_loras(shot, role, self.snapshot) + relighting_loras(shot, variant, self.snapshot),
            anchor=anchor,
            treated=self._treated((image, last_image, anchor.picture if anchor else None), media),
        )

    def _estimated(self, clip: Clip, role: Role, status: Status) -> Clip:
        """Clips of one kind are many, and looked up once."""
        spec = clip.spec
        given = tuple(medium.name for medium in spec.media)
        passes = spec.steps_taken, spec.sampling.guidance_scale
        kind = spec.variant, spec.extent, passes, given, spec.hand_off is None, role.repo
        estimate = self._estimates.get(kind)
        if estimate is None:
            estimate = self._estimates[kind] = self._estimate(spec, role)
        if status == "new":
            self.bases.add(estimate.basis)
        return replace(
            clip,
            status=status,
            estimated_seconds=estimate.seconds,
            estimated_low=estimate.low,
            estimated_high=estimate.high,
        )

    def _estimate(self, spec: ClipSpec, role: Role) -> Estimate:
        kernel = self.numerics.attention

        def rough(extent: Extent) -> float:
            width, height, frames = extent
            same = extent == spec.extent
            like = spec if same else replace(spec, width=width, height=height, num_frames=frames)
            published, flash_3 = role.repo is not None, self.snapshot.flash_3
            return rough_seconds(like, kernel, published=published, flash_3=flash_3, members=self.members)

        timings, gpu = self.snapshot.timings, self.snapshot.gpu
        estimate = timings.estimate(spec, kernel, self.device, rough, gpu, self.members)
        if spec.variant not in self.loads:
            self._look_up(spec, role)
        return estimate

    def _look_up(self, spec: ClipSpec, role: Role) -> None:
        """What loading a variant takes, and the GPUs it was timed on."""
        kernel, timings, gpu = self.numerics.attention, self.snapshot.timings, self.snapshot.gpu
        load = timings.load(spec, kernel, self.device, gpu, self.members)
        self.loads[spec.variant] = load if load is not None else LOAD if role.repo is None else PUBLISHED_WEIGHTS
        self.gpus[spec.variant] = (
            {gpu} if gpu is not None else set(timings.gpus(spec, kernel, self.device, self.members))
        )

    def _treated(self, pictures: tuple[str | None, ...], media: tuple[Medium, ...]) -> tuple[str, ...]:
        """What is done to a clip's inputs: they give other pixels than the same files read plainly."""
        if not self.snapshot.treated:
            return ()
        used = {*pictures, *(medium.digest for medium in media)}
        treated = self.snapshot.treated.items()
        return versions(name for path, names in treated if self._digest(path) in used for name in names)

    def _digest(self, path: Path | None) -> str | None:
        """The digest of an input; of one that is broken, and reported, a stand-in to go on with."""
        return None if path is None else self.snapshot.digests.get(path, "missing")


def _next_clip(clip: Clip, cut: ClipCut) -> HandOff:
    """What the next clip of a shot goes on from; of several frames all that it repeats."""
    count = cut.skip_first if cut.chained == "frames" else 1
    return HandOff(((clip.fingerprint,),), what=cut.chained, count=count)
