"""The plan: the frozen, complete list of what would be rendered, with its dependencies.

A shot has takes; a take is a chain of clips, more than one when the shot is longer than the variant's native length. A
clip is what a worker renders in one go, with a fingerprint of its own. Frames never appear here, only digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from flows.clips import ClipSpec
from flows.errors import Place
from flows.fields import Rounded, Seconds
from flows.ledger.timings import Basis
from flows.planning.choice import BY_SCORE, Choice
from flows.settings import Settings
from flows.shots.keyframes import keyframe_id
from flows.storyboard.model import Soundtrack, Storyboard, Transition
from wan.request import Numerics
from wan.variants import VARIANTS

Status: TypeAlias = Literal["new", "cached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a worker renders in one go; a take of a long shot is several.

    `spec` decides its pixels, and its `fingerprint` is that of the spec. Everything else decides none: at which rate
    its frames are kept, by which of several exact kernels attention is computed, how many frames the film hides and
    shows (surplus is trimmed). What is in the store has its estimates, too: it may have to be rendered again.
    """

    fingerprint: Annotated[str, "sha256 of the spec as canonical JSON"]
    spec: ClipSpec
    fps: Annotated[float, "frames a second it is kept at"]
    kernel: Annotated[str, "computes the attention: `render.attention`"] = "auto"
    skip_first: Annotated[int, "frames at the beginning that the film does not show"] = 0
    keep: Annotated[int, "frames after those that it shows"] = 0
    status: Status = "new"
    estimated_seconds: Seconds = 0.0
    estimated_low: Annotated[float, Rounded(3), "four of five clips should take so long at least"] = 0.0
    estimated_high: Annotated[float, Rounded(3), "and so long at most"] = 0.0

    @property
    def numerics(self) -> Numerics:
        """Those of its spec, by its own kernel."""
        return replace(self.spec.numerics, attention=self.kernel)

    @property
    def model(self) -> str:
        """What a worker must hold to render it, in words (`model_name`)."""
        return model_name(self.spec.variant, self.spec.checkpoint, self.numerics)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Fingerprints that must be finished before this clip can start."""
        anchor = self.spec.anchor
        handed = (self.spec.hand_off, self.spec.ends_on, anchor.look if anchor else None)
        return tuple(dict.fromkeys(name for each in handed if each is not None for name in each.upstream))


@dataclass(frozen=True, slots=True)
class Take:
    """One rendering of a shot with one seed."""

    seed: int
    fingerprint: Annotated[str, "of its last clip"]
    status: Status
    why: Annotated[str, "why it is new, or that it is in the store"]
    clips: tuple[Clip, ...]
    number: Annotated[int, "of the shot's, from 1; 0: the still that it begins with"] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShot:
    """A shot with its geometry decided. `original_prompt` is set when `prompt` is what extension made of it.

    `num_frames` counts its frames in the film, at the film's `fps`, before transitions overlap. `start` is the film's
    frame where it is first seen; its first `overlap` frames are shared with the shot before. What its clips are
    rendered with is said by the first of them. `takes` are those that the film is made of: one alone if `choice` says
    that it was chosen by eye, and the `others` are passed over. `keyframe` is the still that it begins with, where one
    is rendered first; `leads_to` the shot whose keyframe it ends on, `goes_on_from` the one that it continues, whether
    or not it waits for it (`depends_on`).
    """

    id: str
    scene: str
    num_frames: int
    fps: float
    takes: tuple[Take, ...]
    depends_on: tuple[str, ...]
    transition: Transition
    estimated_seconds: float
    start: int = 0
    overlap: int = 0
    original_prompt: str | None = None
    caption: str | None = None
    approved: Annotated[str | None, "who has approved the shot, and when, where films are reviewed"] = None
    place: Place | None = field(default=None, compare=False)
    choice: Choice = BY_SCORE
    others: tuple[Take, ...] = ()
    keyframe: Take | None = None
    leads_to: str | None = None
    goes_on_from: str | None = None

    @property
    def rendered(self) -> tuple[Take, ...]:
        """All that is rendered for it: its keyframe, and its takes."""
        return self.takes if self.keyframe is None else (self.keyframe, *self.takes)

    @property
    def still(self) -> PlannedShot | None:
        """Its keyframe, as a shot of one frame that has the name of a keyframe."""
        if self.keyframe is None:
            return None
        return replace(
            self,
            id=keyframe_id(self.id),
            num_frames=1,
            takes=(self.keyframe,),
            depends_on=(),
            transition=Transition(),
            estimated_seconds=sum(clip.estimated_seconds for clip in self.keyframe.clips if clip.status == "new"),
            overlap=0,
            caption=None,
            choice=BY_SCORE,
            others=(),
            keyframe=None,
            leads_to=None,
            goes_on_from=None,
        )

    @property
    def all_takes(self) -> tuple[Take, ...]:
        """Also those that are passed over, in the order of their numbers."""
        return tuple(sorted((*self.takes, *self.others), key=lambda take: take.number))

    @property
    def first(self) -> ClipSpec:
        """What its first clip is rendered with; of its takes the seeds differ."""
        return self.takes[0].clips[0].spec

    @property
    def variant(self) -> str:
        """That of its first clip."""
        return self.first.variant

    @property
    def prompt(self) -> str:
        """As it is rendered."""
        return self.first.prompt

    @property
    def width(self) -> int:
        """Pixels, as it is rendered."""
        return self.first.width

    @property
    def height(self) -> int:
        """Pixels, as it is rendered."""
        return self.first.height

    @property
    def render_fps(self) -> float:
        """Frames a second of its clips."""
        return self.takes[0].clips[0].fps

    @property
    def goes_on(self) -> bool:
        """Whether it begins with frames of another shot, or right after them: not if it takes over looks alone."""
        hand_off = self.first.hand_off
        return bool(self.depends_on) and (hand_off is None or hand_off.what != "reference")

    @property
    def known(self) -> int:
        """How many frames of another shot it begins with, going on by overlap; else none."""
        hand_off = self.first.hand_off
        overlaps = hand_off is not None and hand_off.what == "frames" and VARIANTS[self.variant].chained == "frames"
        return hand_off.count if hand_off is not None and overlaps else 0

    @property
    def alike(self) -> int:
        """How many of those the film shows: a transition is laid over them, in which both shots show the same."""
        return max(0, self.known - self.takes[0].clips[0].skip_first)

    @property
    def takes_over(self) -> str:
        """What it takes over from the shot that it depends on, in words."""
        if not self.goes_on:
            return "looks" if self.depends_on else ""
        return f"last {self.known} frames" if self.known > 1 else "last frame"

    @property
    def audio(self) -> str | None:
        """Digest of a sound of its own."""
        return next((medium.digest for medium in self.first.media if medium.name == "audio"), None)


@dataclass(frozen=True, slots=True)
class PlannedVoice:
    """A recording of the soundtrack, from the moment in the film where it begins."""

    file: Path
    at: float
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the plan. `film_seconds` is after transitions have overlapped their shots.

    `frames` are the film's, so `frames` / fps is `film_seconds`. `estimated_seconds` is the whole render with one
    worker: `start_seconds` until the first clip is under way, all new clips, and `edit_seconds`. `estimate` says what
    the clips' part stands on: clips like these were timed, others were, or none.
    `keyframes` counts stills that shots begin with, `keyframes_cached` those that are in the store, or not needed.
    `width` is that of the graph: how many new takes could be rendered side by side at most; `chained_width` how many,
    if shots joined by keyframes waited for each other. `loads` are the seconds that loading takes, by variant, `gpus`
    what those of the new clips (of all, where none is new) were timed on before: GPUs by name ("": none), or the one of
    this machine.
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
    loads: Mapping[str, float] = field(default_factory=dict)
    gpus: tuple[str, ...] = ()
    keyframes: int = 0
    keyframes_cached: int = 0
    chained_width: int = 0

    @property
    def rendering_seconds(self) -> float:
        """The work of all new clips, as one worker would do it."""
        return max(0.0, self.estimated_seconds - self.start_seconds - self.edit_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `wanflow plan` prints and `render` carries out.

    Film size is `width` × `height`; shots are rendered at that size, at a whole fraction of it, or at the nearest that
    their variant can do. `assets` maps the digest of every input file to the path it was read from. `voices` are those
    of the soundtrack. `last_seam` says what was worst of the joins and shots of the last finished film.
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
    voices: tuple[PlannedVoice, ...] = ()
    last_seam: str | None = None
    plan_version: int = 1

    @property
    def clips(self) -> tuple[Clip, ...]:
        """Every clip of every take, once, upstream first."""
        seen: dict[str, Clip] = {}
        for shot in self.shots:
            for take in shot.rendered:
                for clip in take.clips:
                    seen.setdefault(clip.fingerprint, clip)
        return topological(seen)

    def stills_of(self, shots: Sequence[PlannedShot]) -> tuple[PlannedShot, ...]:
        """The keyframes that are rendered for these shots, those that they end on too, in the film's order."""
        names = {shot.id for shot in shots} | {shot.leads_to for shot in shots}
        return tuple(still for shot in self.shots if shot.id in names and (still := shot.still) is not None)

    def of_stills(self, stills: Sequence[PlannedShot], subfolder: str) -> Plan:
        """Some keyframes alone, to be looked at; they are written below the film's own folder."""
        below = self.settings.film.subfolder
        film = replace(self.settings.film, subfolder=f"{below}/{subfolder}" if below else subfolder)
        shots = tuple(replace(still, start=number) for number, still in enumerate(stills))
        bare = replace(self.storyboard, soundtrack=Soundtrack(), deliver=())
        return replace(self, shots=shots, storyboard=bare, voices=(), settings=replace(self.settings, film=film))

    def alone(self, shot: PlannedShot) -> Plan:
        """A film of this shot alone, silent but for its own sound."""
        whole = replace(shot, transition=Transition(), start=0, overlap=0)
        bare = replace(self.storyboard, soundtrack=Soundtrack(), deliver=())
        return replace(self, shots=(whole,), storyboard=bare, voices=())


def model_name(variant: str, checkpoint: str, numerics: Numerics) -> str:
    """A loaded model in words: `i2v-a14b@1f2e3d4c reference compiled`. Equal names, the same model: its variant, the
    beginning of its checkpoint's revision, and its numerics."""
    name = f"{variant}@{checkpoint[:8]}" if checkpoint else variant
    kernel = "" if numerics.attention in ("auto", "sdpa") else numerics.attention
    how = ("compiled" if numerics.compile else "", "tiled" if numerics.vae_tiling else "", kernel)
    return " ".join(filter(None, (name, numerics.precision, *how)))


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
