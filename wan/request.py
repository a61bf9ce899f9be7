"""What a caller asks of a pipeline: plain frozen values, no torch.

Names follow diffusers (`num_frames`, `num_inference_steps`, `guidance_scale`, `flow_shift`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

Solver: TypeAlias = Literal["unipc", "dpmpp", "euler"]
Precision: TypeAlias = Literal["reference", "fp32", "bf16", "fp8_storage", "fp8"]
"""`reference`: bf16 weights, and in fp32 what the reference implementation keeps in fp32. See docs/memory.md."""
ExpertName: TypeAlias = Literal["high", "low"]
Size: TypeAlias = tuple[int, int]
"""(width, height) in pixels."""
Image: TypeAlias = "npt.NDArray[np.uint8]"
"""An RGB picture, uint8 `[H, W, 3]`."""
Frames: TypeAlias = "npt.NDArray[np.uint8]"
"""RGB frames, uint8 `[F, H, W, 3]`."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """Classifier-free guidance of the high-noise and of the low-noise expert; 1.0 is off (one forward a step)."""

    high: float
    low: float


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the noise is removed. `boundary_ratio` is None for variants with one transformer. `called`: a field's name in
    sentences."""

    num_inference_steps: int = field(metadata={"called": "steps"})
    flow_shift: float
    guidance_scale: Guidance = field(metadata={"called": "guidance"})
    solver: Solver = "unipc"
    boundary_ratio: float | None = field(default=None, metadata={"called": "boundary"})

    def steps_taken(self, strength: float) -> int:
        """How many of the steps a video that is changed with that strength takes (video to video)."""
        return min(int(self.num_inference_steps * strength), self.num_inference_steps)


@dataclass(frozen=True, slots=True)
class Numerics:
    """Whatever changes pixels and is not sampling; part of every fingerprint (of attention: what is computed)."""

    precision: Precision = "fp32"
    attention: str = "auto"
    vae_tiling: bool = field(default=False, metadata={"called": "tiling"})
    compile: bool = field(default=False, metadata={"called": "compilation"})


class Video(Protocol):
    """A video that is read in pieces, at the frame rate of the variant that uses it. Frames may have any size."""

    @property
    def num_frames(self) -> int:
        """Its length in frames."""
        ...

    @property
    def digest(self) -> str:
        """sha256 (hex) of what it is made of."""
        ...

    def frames(self, start: int, stop: int) -> Frames:
        """Frames `start` … `stop` − 1, cut to the video's length: uint8 `[n, H, W, 3]`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayVideo:
    """A video in memory, uint8 `[F, H, W, 3]`."""

    array: Frames

    @property
    def num_frames(self) -> int:
        return len(self.array)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.array.shape).encode() + self.array.tobytes()).hexdigest()

    def frames(self, start: int, stop: int) -> Frames:
        return self.array[max(start, 0) : max(stop, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A sound, mono: float32 `[N]` in [−1, 1] at `sample_rate` Hz."""

    samples: npt.NDArray[np.float32]
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.sample_rate

    @property
    def digest(self) -> str:
        """sha256 (hex) of rate and samples."""
        return hashlib.sha256(f"{self.sample_rate}:".encode() + self.samples.tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA file (safetensors) laid on one expert or both, with a weight. `digest` is the file's sha256 (hex)."""

    path: Path = field(compare=False)
    digest: str
    weight: float = 1.0
    expert: Literal["both", "high", "low"] = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """One clip: `num_frames` frames of `width` × `height` pixels.

    `image` is the first frame or the person who speaks or moves, `last_image` the last frame (uint8 RGB `[H, W, 3]`,
    any size: prepared as the reference does). Sound and videos are those of the whole shot; `start_frame` says where
    in the shot this clip begins (frames, at the variant's rate), so that a method reads what it needs; it is below 0 in
    a clip that begins with frames from before the shot. `audio` moves
    lips (S2V); `pose` is a pose video (S2V, Animate), `face` the driving face, `background` and `mask` what is kept
    around a replaced person (Animate), `mask` and `control` steer VACE, as closely as `control_scale` says (0: not at
    all); without a control video it follows a `camera` path (`wan.frames.camera`), and `references` show it what should
    appear. `video` with `strength` 0 … 1 is video to video: 1 keeps nothing of it. `carried` is what the clip before in
    the same shot handed on (`Result.carried`). `before` are the last frames of a clip that this one goes on from: S2V
    comes after them, VACE and video to video begin with them. Whether a field is allowed, and which sizes and lengths,
    is the variant's business; a pipeline raises `RequestError` before any tensor is made.
    """

    prompt: str
    width: int
    height: int
    num_frames: int
    sampling: Sampling
    seed: int
    negative_prompt: str = ""
    start_frame: int = 0
    strength: float | None = None
    control_scale: float = 1.0
    camera: str = ""
    loras: tuple[Lora, ...] = ()
    image: Image | None = field(default=None, compare=False)
    last_image: Image | None = field(default=None, compare=False)
    audio: Audio | None = field(default=None, compare=False)
    pose: Video | None = field(default=None, compare=False)
    face: Video | None = field(default=None, compare=False)
    background: Video | None = field(default=None, compare=False)
    mask: Video | None = field(default=None, compare=False)
    control: Video | None = field(default=None, compare=False)
    video: Video | None = field(default=None, compare=False)
    references: tuple[Image, ...] = field(default=(), compare=False)
    carried: Mapping[str, Tensor] | None = field(default=None, compare=False)
    before: Frames | None = field(default=None, compare=False)
