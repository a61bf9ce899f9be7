"""The plan: the frozen, complete list of what would be rendered, with its dependencies.

A shot has takes; a take is a chain of segments, more than one when the shot is longer than the variant's native length.
A segment is what a worker renders in one go: a `Clip` with its own fingerprint. Frames never appear here, only digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flows.errors import Place
from flows.ledger.timings import Basis
from flows.settings import Settings
from flows.storyboard.model import Storyboard, Transition
from wan.request import Numerics, Sampling

Status: TypeAlias = Literal["new", "cached"]
Rule: TypeAlias = Literal["best_score", "best_weakest_clip"]
HandedOff: TypeAlias = Literal["frame", "frames", "carried"]


@dataclass(frozen=True, slots=True)
class HandOff:
    """What a clip starts from, taken from other clips: a frame of the one that `rule` selects (the last that the film
    shows of it alone), the last `frames` up to there (as many as the variant takes), or, inside a shot, what the
    segment before `carried` on (tensors beside its latents, without a codec in between).

    `candidates` are the fingerprints of the upstream takes (for a later segment of a chain: the one segment before).
    `frame` is the index of that frame among the rendered ones, hidden ones counted; -1 is the last (`last_frame` of
    the record), other values mean that the film cuts the upstream clip short, or blends both shots from there on, and
    the frame is read from the clip. It lies `back` segments before the candidates (a blend longer than a segment).
    `behind` are the segments before the candidates in their takes, as far as the hand-off may reach back into them.
    `segments` are all segments of each candidate's take where the rule asks for them: of several takes of several
    clips.
    """

    candidates: tuple[str, ...]
    rule: Rule = "best_score"
    frame: int = -1
    what: HandedOff = "frame"
    behind: tuple[str, ...] = ()
    segments: tuple[tuple[str, ...], ...] = ()
    back: int = 0


@dataclass(frozen=True, slots=True)
class Medium:
    """A sound or a video of the whole shot that a clip is driven by: the blob `digest` becomes the field `name` of its
    request (`wan.request.ClipRequest`). `option` is what else decides what is made of it (the mode of a motion)."""

    name: str
    digest: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class ClipLora:
    """A LoRA file (blob) laid on one expert or both."""

    digest: str
    weight: float = 1.0
    expert: Literal["both", "high", "low"] = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One segment of one take: everything a worker needs, and nothing about names.

    `image` and `last_image` are blob digests of asset files in the store; at most one of `image` and a handed-off frame
    is set, but for speech, whose `image` is who speaks. `start_frame` is where in its shot the clip begins, so that it
    finds its part of `media`.
    `treated` is what is done to its pictures and videos when they are read, with the version of how
    (`flows.media.treated.versions`).
    `skip_first` is how many frames at the start repeat the hand-off and are hidden in the film, `keep` how many after
    them belong to the film (surplus is trimmed).
    """

    fingerprint: str
    variant: str
    checkpoint: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    num_frames: int
    fps: float
    seed: int
    sampling: Sampling
    numerics: Numerics
    image: str | None = None
    last_image: str | None = None
    hand_off: HandOff | None = None
    start_frame: int = 0
    media: tuple[Medium, ...] = ()
    strength: float | None = None
    control_scale: float = 1.0
    camera: str | None = None
    loras: tuple[ClipLora, ...] = ()
    treated: tuple[str, ...] = ()
    skip_first: int = 0
    keep: int = 0
    status: Status = "new"
    estimated_seconds: float = 0.0

    @property
    def steps_taken(self) -> int:
        """Less than all where a video is changed."""
        steps = self.sampling.num_inference_steps
        return steps if self.strength is None else self.sampling.steps_taken(self.strength)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Fingerprints that must be finished before this clip can start."""
        if self.hand_off is None:
            return ()
        judged = (name for take in self.hand_off.segments for name in take)
        return tuple(dict.fromkeys((*self.hand_off.candidates, *self.hand_off.behind, *judged)))


@dataclass(frozen=True, slots=True)
class Take:
    """One rendering of a shot with one seed. `fingerprint` is that of its last segment. `why` says what changed."""

    seed: int
    fingerprint: str
    status: Status
    why: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShot:
    """A shot with its geometry decided. `original_prompt` is set when `prompt` is what extension made of it.

    `num_frames` counts its frames in the film, at the film's `fps`, before transitions overlap. Its clips are rendered
    at `width` × `height` and `render_fps`; `audio` is a sound of its own (digest).
    """

    id: str
    scene: str
    variant: str
    num_frames: int
    fps: float
    width: int
    height: int
    prompt: str
    negative_prompt: str
    takes: tuple[Take, ...]
    depends_on: tuple[str, ...]
    transition: Transition
    estimated_seconds: float
    render_fps: float
    audio: str | None = None
    original_prompt: str | None = None
    caption: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the plan. `film_seconds` is after transitions have overlapped their shots.

    `frames` are the film's, so `frames` / fps is `film_seconds`. `estimated_seconds` is the whole render with one
    worker: `start_seconds` until the first clip is under way, all new clips, and `edit_seconds`. `estimate` says what
    the clips' part stands on: clips like these were timed, others were, or none.
    `width` is that of the graph: how many new clips could be rendered side by side at most.
    """

    shots: int
    takes: int
    cached: int
    frames: int
    film_seconds: float
    estimated_seconds: float
    width: int
    estimate: Basis = "rough"
    start_seconds: float = 0.0
    edit_seconds: float = 0.0

    @property
    def rendering_seconds(self) -> float:
        """The work of all new clips, as one worker would do it."""
        return max(0.0, self.estimated_seconds - self.start_seconds - self.edit_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `wanflow plan` prints and `render` carries out.

    Film size is `width` × `height`; shots are rendered at that size, at a whole fraction of it, or at the nearest that
    their variant can do. `assets` maps the digest of every input file to the path it was read from.
    """

    title: str
    slug: str
    storyboard_digest: str
    width: int
    height: int
    fps: float
    shots: tuple[PlannedShot, ...]
    critical_path: tuple[str, ...]
    totals: Totals
    assets: Mapping[str, str]
    warnings: tuple[str, ...]
    storyboard: Storyboard
    settings: Settings
    plan_version: int = 1

    @property
    def clips(self) -> tuple[Clip, ...]:
        """Every clip of every take, once, upstream first."""
        seen: dict[str, Clip] = {}
        for shot in self.shots:
            for take in shot.takes:
                for clip in take.clips:
                    seen.setdefault(clip.fingerprint, clip)
        return topological(seen)


def topological(clips: Mapping[str, Clip]) -> tuple[Clip, ...]:
    """The clips with every upstream before its dependants; among equals, in the order given."""
    done: dict[str, Clip] = {}
    for root in clips:
        stack = [root]
        while stack:
            fingerprint = stack[-1]
            waiting = [up for up in clips[fingerprint].upstream if up in clips and up not in done]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                done.setdefault(fingerprint, clips[fingerprint])
                stack.pop()
    return tuple(done.values())
