"""From a shot to its takes: each a chain of clips with fingerprints, statuses and estimates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.clips import SEEDS, ClipSpec, HandOff, Medium, fingerprint
from flows.ledger.overheads import LOAD, PUBLISHED_WEIGHTS
from flows.ledger.timings import BASES, Basis, Estimate, Extent
from flows.media.treated import versions
from flows.planning.geometry import Geometry
from flows.planning.media import camera_path, clip_loras, clip_media
from flows.planning.model import Clip, Status, Take
from flows.planning.motion import prepared_media, relighting_loras
from flows.planning.recipes import ShotRecipe
from flows.planning.rough import rough_seconds
from flows.planning.why import IN_STORE, why_new
from flows.resolve import Snapshot
from wan.families import Role
from wan.model.attention import computed
from wan.request import Numerics
from wan.variants import Variant

PASSED_OVER = "another take was chosen"
NOT_NEEDED = "its shots are in the store"
CLIP_SEED_STEP = 1_000_003
"""Clip n of a take is drawn with the take's seed + n times this (a prime): never the noise of another take."""


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

    def takes(self, recipe: ShotRecipe, hand_off: HandOff | None, ends_on: HandOff | None = None) -> tuple[Take, ...]:
        """All takes of the shot, first seed first, as if nothing were in the store. `hand_off` is what it gets from the
        shot that it goes on from, or the keyframe that it begins with; `ends_on` the one at its end."""
        return tuple(self._take(recipe, number, hand_off, ends_on) for number in recipe.numbers)

    def keyframe(self, recipe: ShotRecipe) -> Take:
        """The still of a shot that begins with one, as if it were not in the store."""
        return replace(self._take(recipe, 1, None, None), number=0)

    def _take(self, recipe: ShotRecipe, take: int, hand_off: HandOff | None, ends_on: HandOff | None) -> Take:
        seed = (recipe.seed + take - 1) % SEEDS
        clips: list[Clip] = []
        for number in range(len(recipe.clips)):
            last = ends_on if number == len(recipe.clips) - 1 else None
            clip = self._clip(recipe, number, (seed + number * CLIP_SEED_STEP) % SEEDS, hand_off, last)
            clips.append(clip)
            if number + 1 < len(recipe.clips):
                hand_off = HandOff(((clip.fingerprint,),), what=recipe.clips[number + 1].chained)
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

    def _clip(
        self, recipe: ShotRecipe, number: int, seed: int, hand_off: HandOff | None, ends_on: HandOff | None
    ) -> Clip:
        cut = recipe.clips[number]
        spec = self._spec(recipe, number, seed, hand_off, ends_on)
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

    def _spec(
        self, recipe: ShotRecipe, number: int, seed: int, hand_off: HandOff | None, ends_on: HandOff | None
    ) -> ClipSpec:
        cut, shot, size = recipe.clips[number], recipe.shot, recipe.sizes[number]
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
            hand_off=hand_off,
            ends_on=ends_on,
            media=media,
            media_fps=rate if media else None,
            start_frame=cut.start if media or camera else 0,
            strength=shot.video.strength if shot.video else None,
            control_scale=shot.control.scale if shot.control else 1.0,
            camera=camera,
            loras=clip_loras(shot, role, self.snapshot) + relighting_loras(shot, variant, self.snapshot),
            treated=self._treated(image, last_image, media),
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
            return rough_seconds(like, kernel, published=role.repo is not None, flash_3=self.snapshot.flash_3)

        estimate = self.snapshot.timings.estimate(spec, kernel, self.device, rough, self.snapshot.gpu)
        if spec.variant not in self.loads:
            self._look_up(spec, role)
        return estimate

    def _look_up(self, spec: ClipSpec, role: Role) -> None:
        """What loading a variant takes, and the GPUs it was timed on."""
        kernel, timings, gpu = self.numerics.attention, self.snapshot.timings, self.snapshot.gpu
        load = timings.load(spec, kernel, self.device, gpu)
        self.loads[spec.variant] = load if load is not None else LOAD if role.repo is None else PUBLISHED_WEIGHTS
        self.gpus[spec.variant] = set(timings.gpus(spec, kernel, self.device) if gpu is None else {gpu})

    def _treated(self, image: str | None, last_image: str | None, media: tuple[Medium, ...]) -> tuple[str, ...]:
        """What is done to a clip's inputs: they give other pixels than the same files read plainly."""
        if not self.snapshot.treated:
            return ()
        used = {image, last_image, *(medium.digest for medium in media)}
        treated = self.snapshot.treated.items()
        return versions(name for path, names in treated if self._digest(path) in used for name in names)

    def _digest(self, path: Path | None) -> str | None:
        """The digest of an input; of one that is broken, and reported, a stand-in to go on with."""
        return None if path is None else self.snapshot.digests.get(path, "missing")


def handed_keyframe(keyframe: Take) -> HandOff:
    """The picture of a still: what a shot begins with, and what the one before it ends on."""
    return HandOff(((keyframe.fingerprint,),), frame=keyframe_frame(keyframe.clips[0].spec.num_frames))


def keyframe_frame(num_frames: int) -> int:
    """Which frame of a still is the picture: the one that is shown of it everywhere, where a family draws no clip of
    one frame."""
    return num_frames // 2


def hand_off_of(takes: tuple[Take, ...], variant: Variant, early: int = 0) -> HandOff:
    """What a shot with these takes passes on to one of `variant`: the frame `early` before the last one that the film
    shows of it, and from speech to speech the frames before that, too."""
    back, frame = _counted_back(takes[0].clips, early)
    reaches_back = variant.chained == "carried" and variant.name == takes[0].clips[-1].spec.variant
    chains = tuple(tuple(clip.fingerprint for clip in take.clips) for take in takes)
    return HandOff(chains, what="frames" if reaches_back else "frame", frame=frame, back=back)


def _counted_back(clips: tuple[Clip, ...], early: int) -> tuple[int, int]:
    """Where the frame `early` before the last shown one lies: how many clips from the end, and which of its frames
    (-1: its last). Of what is longer than the shot, which is refused elsewhere, the first frame."""
    for back, clip in enumerate(reversed(clips)):
        if early < clip.keep:
            frame = clip.skip_first + clip.keep - 1 - early
            return back, -1 if frame == clip.spec.num_frames - 1 else frame
        early -= clip.keep
    return len(clips) - 1, clips[0].skip_first
