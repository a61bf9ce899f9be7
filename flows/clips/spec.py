"""`ClipSpec`: everything that decides the pixels of a clip, and nothing else.

Not in it: names, ids, order, titles, the film's rate, how much of the clip the film shows, where it is rendered. The
plan's JSON, the ledger's columns, what `why` says and the fingerprint are made from its fields: a new input of a clip
is one field here (docs/decisions/0021).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from wan.request import Numerics, Sampling

SEEDS = 2**63
"""Seeds are 0 … 2**63 - 1; sums wrap around."""

HandedOff: TypeAlias = Literal["frame", "frames", "carried", "reference"]


@dataclass(frozen=True, slots=True)
class HandOff:
    """What a clip takes over from the best of some takes: one frame of it to start from, or to end on, the last frames
    up to there, a frame that shows what things look like, or what the clip before in the same shot carried on (tensors
    beside its latents, without a codec in between).

    A take is best whose weakest clip has the best quality; the first of equals is, so that their order counts. The
    frame is the last that the film shows of the take alone: where it cuts the clip short, or blends both shots, an
    earlier one than its last.
    """

    takes: Annotated[tuple[tuple[str, ...], ...], "the takes it may start from: fingerprints of the clips of each"]
    what: Annotated[HandedOff, "one frame, the last ones up to it, tensors, or a frame for looks alone"] = "frame"
    frame: Annotated[int, "which one, from 0, hidden ones counted; -1: the last"] = -1
    back: Annotated[int, "how many clips before the last of its take it lies"] = 0
    count: Annotated[int, "of `frames`: how many, fewer where there are no more"] = 1
    repeated: Annotated[int, "of `frames`: how many of its first ones each later clip of a take repeats"] = 0
    offsets: Annotated[
        tuple[int, ...], "of `frames`, where rates differ: how many of theirs each of them lies before the last one"
    ] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """The last clip of each take."""
        return tuple(take[-1] for take in self.takes)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Clips that are read: all of the takes where these are compared, or frames of several clips are taken."""
        all_read = len(self.takes) > 1 or self.what == "frames" or self.back > 0
        return tuple(dict.fromkeys(name for take in self.takes for name in (take if all_read else take[-1:])))


ANCHORING = "oklab 1"
"""How colours are anchored (`flows.continuity.anchoring`): another one when the pixels change that come of it."""


@dataclass(frozen=True, slots=True)
class ColourAnchor:
    """What a clip's colours are held to: the look of another clip, up to the frame of a hand-off, or of a picture."""

    strength: Annotated[float, "how much of what sets its beginning apart is taken off, above 0 to 1"] = field(
        metadata={"called": "anchor strength", "follows": "hand_off"}
    )
    look: Annotated[HandOff | None, "the clip that it is held to"] = field(
        default=None, metadata={"called": "colour anchor", "follows": "hand_off"}
    )
    picture: Annotated[str | None, "digest of a picture that it is held to instead"] = field(
        default=None, metadata={"called": "colour anchor", "follows": "hand_off"}
    )
    method: Annotated[str, "how, and in which version"] = field(  # what is not anchored has none
        default_factory=lambda: ANCHORING, metadata={"called": "colour anchor", "follows": "hand_off"}
    )


@dataclass(frozen=True, slots=True)
class Medium:
    """A sound or a video of the whole shot that a clip is driven by: the blob `digest` becomes the field `name` of its
    request (`wan.request.ClipRequest`)."""

    name: Annotated[str, "what it is for: `audio`, `pose`, `control` …"]
    digest: Annotated[str, "sha256 of the file"]
    option: Annotated[str, "what else decides what is made of it: the mode of a motion"] = ""


@dataclass(frozen=True, slots=True)
class ClipLora:
    """A LoRA file laid on one expert or both."""

    digest: Annotated[str, "sha256 of the file"]
    weight: float = 1.0
    expert: Literal["both", "high", "low"] = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSpec:
    """Everything that decides a clip's pixels; its fingerprint is the sha256 of this object as canonical JSON.

    At most one of `image` and handed-off frames to start from is set, but for speech, whose `image` is who speaks, and
    at most one of `last_image` and `ends_on`. `media_fps` and `start_frame` are set only where something of the whole
    shot drives the clip: media, or a camera path, which goes by frames and knows no rate. `follows` beside a field
    names the field whose change explains that this one changed too.
    """

    variant: str
    render_epoch: Annotated[int, "of the variant: raised when its pixels change"] = field(
        metadata={"called": "renderer", "follows": "variant"}
    )
    checkpoint: Annotated[str, "the checkpoint's revision; empty in a plan without weights"] = field(
        metadata={"follows": "variant"}
    )
    prompt: str
    negative_prompt: str = field(metadata={"follows": "variant"})
    width: int = field(metadata={"called": "size"})
    height: int = field(metadata={"called": "size"})
    num_frames: Annotated[int, "rendered, hidden ones counted"] = field(metadata={"called": "length"})
    seed: int
    sampling: Sampling = field(metadata={"follows": "variant"})
    numerics: Annotated[Numerics, "`attention` is what is computed: `sdpa` for every exact kernel"]
    image: Annotated[str | None, "digest of the picture it starts from"] = None
    last_image: Annotated[str | None, "digest of the picture it ends on"] = field(
        default=None, metadata={"called": "end image"}
    )
    hand_off: Annotated[HandOff | None, "what it starts from, of other clips"] = field(
        default=None, metadata={"called": "continuity"}
    )
    ends_on: Annotated[HandOff | None, "the picture it ends on, where that is a frame of another clip"] = field(
        default=None, metadata={"called": "keyframe at its end"}
    )
    media: Annotated[tuple[Medium, ...], "sounds and videos of the whole shot"] = ()
    media_fps: Annotated[float | None, "frames a second at which they are read; null without media"] = field(
        default=None, metadata={"called": "rate", "follows": "media"}
    )
    start_frame: Annotated[int, "where it begins in what drives the whole shot"] = field(
        default=0, metadata={"follows": "num_frames"}
    )
    strength: Annotated[float | None, "how much of a video is changed"] = None
    control_scale: Annotated[float, "how closely a control video is followed"] = 1.0
    camera: Annotated[str, "the camera path in words, where there is one"] = field(
        default="", metadata={"called": "camera path"}
    )
    loras: tuple[ClipLora, ...] = field(default=(), metadata={"called": "LoRAs"})
    anchor: Annotated[ColourAnchor | None, "what its colours are held to"] = None
    treated: Annotated[tuple[str, ...], "what is done to its inputs when they are read, and by which version"] = field(
        default=(), metadata={"called": "how inputs are read"}
    )

    @property
    def pictures(self) -> tuple[str, ...]:
        """Digests of the pictures of its own that are read for it."""
        found = (self.image, self.last_image, self.anchor.picture if self.anchor else None)
        return tuple(digest for digest in found if digest is not None)

    @property
    def steps_taken(self) -> int:
        """Less than all where a video is changed."""
        steps = self.sampling.num_inference_steps
        return steps if self.strength is None else self.sampling.steps_taken(self.strength)

    @property
    def extent(self) -> tuple[int, int, int]:
        """Width, height and number of frames."""
        return self.width, self.height, self.num_frames
