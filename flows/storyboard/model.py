"""A storyboard after parsing: frozen values, templates rendered, looks and defaults inherited, references resolved.

Nothing here was read from an asset yet: paths are absolute, lie inside the allowed roots and exist; what is in the
files is found out by the resolve stage.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from flows.errors import Place

ContinuityKind: TypeAlias = Literal["last_frame", "overlap", "keyframes", "reference"]
MotionMode: TypeAlias = Literal["animate", "replace"]
LoraExpert: TypeAlias = Literal["both", "high", "low"]


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels, width first: `1280x720`."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Format:
    """Size and rate of the film. None: the model family's own. `from_image`: the size follows the first picture."""

    size: Size | None = None
    fps: float | None = None
    from_image: bool = False


@dataclass(frozen=True, slots=True)
class Continuity:
    """What a shot takes over from another one: `source` is the full id (`scene.shot`), `previous` already resolved."""

    source: str
    by: ContinuityKind = "last_frame"
    frames: int | None = None

    @property
    def waits(self) -> bool:
        """Whether the shot cannot be rendered before the other one."""
        return self.by != "keyframes"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a shot's colours are held to: a picture, or None: how the first clip of its chain ends. `strength` 0 to 1, 0
    where the shot changes the light; None: what is usual for such a shot."""

    strength: float | None = None
    to: Path | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """How the film goes INTO this shot. `duration` in seconds; 0 for a cut."""

    kind: str = "cut"
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class GuidanceOverride:
    """Guidance of one expert or both; None keeps the variant's default."""

    high: float | None = None
    low: float | None = None


@dataclass(frozen=True, slots=True)
class SamplingOverride:
    """What a shot (or the film's `shot_defaults`) changes of the variant's sampling; None keeps the default."""

    num_inference_steps: int | None = None
    guidance_scale: GuidanceOverride = GuidanceOverride()
    flow_shift: float | None = None
    solver: str | None = None
    boundary_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves a person (Animate): a driving `video`, or ready-made `pose` and `face` videos, and to replace the
    person of a scene `background` and `mask` too. `retarget` fits the motion of `video` to the picture's person."""

    video: Path | None = None
    mode: MotionMode = "animate"
    retarget: bool = False
    pose: Path | None = None
    face: Path | None = None
    background: Path | None = None
    mask: Path | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """Control video, mask and reference pictures for VACE; `scale` says how closely the control is followed."""

    video: Path | None = None
    mask: Path | None = None
    references: tuple[Path, ...] = ()
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class VideoToVideo:
    """A video that the shot changes; `strength` above 0 and at most 1: how much is made anew."""

    file: Path
    strength: float


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA by its name in the folder of LoRAs, or its `file` beside the storyboard, with its weight."""

    name: str
    weight: float = 1.0
    expert: LoraExpert = "both"
    file: Path | None = None
    place: Place | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """What it is called: its name, or the whole path of its file."""
        return str(self.file or self.name)


@dataclass(frozen=True, slots=True)
class CastMember:
    """Someone or something that appears: `<id>` in a prompt becomes `description`."""

    id: str
    description: str
    reference: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One continuous camera take.

    `places` maps a dotted key of this shot (`image`, `continuity.from`, `transition.duration`) to where it was written
    (inherited keys: where they were inherited from), for errors found after parsing. `duration` in seconds; None: as
    long as what drives it (audio, motion, control, video), else the family's native length. `cast` are the members its
    prompt names. `take`: of its takes (from 1) the one that was chosen by eye. `words` is the shot's part of the
    prompt, as it was written. `approved`: who has approved the shot, and when (`flows.review`). `leads_to`: the full id
    of the shot whose keyframe it ends on (`flows.storyboard.keyframes`).
    """

    id: str
    scene: str
    place: Place
    places: Mapping[str, Place] = field(compare=False)
    prompt: str
    negative_prompt: str | None = None
    duration: float | None = None
    variant: str = "auto"
    image: Path | None = None
    end_image: Path | None = None
    audio: Path | None = None
    motion: Motion | None = None
    control: Control | None = None
    video: VideoToVideo | None = None
    seed: int | None = None
    takes: int = 1
    take: int | None = None
    continuity: Continuity | None = None
    anchor: Anchor | None = None
    leads_to: str | None = None
    transition: Transition = Transition()
    sampling: SamplingOverride = SamplingOverride()
    loras: tuple[Lora, ...] = ()
    caption: str | None = None
    cast: tuple[CastMember, ...] = ()
    camera: str | None = None
    extend: bool = True
    words: str = field(default="", compare=False)
    approved: str | None = field(default=None, compare=False)

    @property
    def full_id(self) -> str:
        """`scene.shot`, as people and the plan call it."""
        return f"{self.scene}.{self.id}"

    def where(self, key: str) -> Place:
        """The place of `key`, or of the nearest enclosing thing that was written."""
        while key:
            if key in self.places:
                return self.places[key]
            key = key.rpartition(".")[0]
        return self.place


@dataclass(frozen=True, slots=True)
class Scene:
    """A place and time; its shots in order."""

    id: str
    shots: tuple[Shot, ...]
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Music:
    """A bed under the whole film. Gains in dB, fades in seconds; `duck` lowers it under voices."""

    file: Path
    gain_db: float = 0.0
    fade_in: float = 0.0
    fade_out: float = 0.0
    duck: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A moment of the film: `offset` seconds after the start of a shot (full id), or of the film if `shot` is None."""

    shot: str | None = None
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Voiceover:
    """A recording laid at a moment of the film."""

    file: Path
    at: Cue = Cue()
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Soundtrack:
    """What is heard beside the shots' own sound. `places` as in `Shot`."""

    music: Music | None = None
    voiceover: tuple[Voiceover, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One file of the finished film. `aspect` as (width, height); None keeps the film's."""

    name: str
    size: Size | None = None
    fps: float | None = None
    aspect: tuple[int, int] | None = None
    video: str = "h264"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """How a film's joins and shots are judged: budgets of measures (`flows.measures`) that it has of its own, and
    whether people are warned of what is over."""

    budget: Mapping[str, float] = field(default_factory=dict)
    warns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """A film as scenes and shots. `path` is the file it was read from; `slug` names its output folder. `sent_from`: of
    one that was sent here, whose file it is where it came from. `cast` and `variables` are what prompts can name: the
    descriptions and values of all, whoever is seen."""

    title: str
    slug: str
    path: Path
    scenes: tuple[Scene, ...]
    format: Format = Format()
    seed: int | None = None
    soundtrack: Soundtrack = Soundtrack()
    deliver: tuple[Deliverable, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    sent_from: str | None = None
    cast: Mapping[str, str] = field(default_factory=dict, compare=False)
    variables: Mapping[str, str] = field(default_factory=dict, compare=False)
    continuity: Held = field(default_factory=Held)

    @property
    def identity(self) -> str:
        """What makes it the same film as before, whatever has changed in it: its folder and its past are its own."""
        return self.sent_from or os.path.realpath(self.path)

    @property
    def shots(self) -> tuple[Shot, ...]:
        """All shots in the order of the film."""
        return tuple(shot for scene in self.scenes for shot in scene.shots)
