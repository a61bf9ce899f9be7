"""What a caller asks of a pipeline: plain frozen values, no torch.

Names follow diffusers (`num_frames`, `num_inference_steps`, `guidance_scale`, `flow_shift`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Solver: TypeAlias = Literal["unipc", "dpmpp"]
Precision: TypeAlias = Literal["fp32", "bf16"]
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
    """How the noise is removed. `boundary_ratio` is None for variants with one transformer."""

    num_inference_steps: int
    flow_shift: float
    guidance_scale: Guidance
    solver: Solver = "unipc"
    boundary_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Numerics:
    """Whatever changes pixels and is not sampling; part of every fingerprint."""

    precision: Precision = "fp32"
    attention: str = "sdpa"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """One clip: `num_frames` frames of `width` × `height` pixels.

    `image` is the first frame, `last_image` the last (uint8 RGB `[H, W, 3]`, any size: cropped to the aspect and
    resized as the reference does). Whether a field is allowed, and which sizes and lengths, is the variant's business:
    `wan.variants`; a pipeline raises `RequestError` before any tensor is made.
    """

    prompt: str
    width: int
    height: int
    num_frames: int
    sampling: Sampling
    seed: int
    negative_prompt: str = ""
    image: Image | None = field(default=None, compare=False)
    last_image: Image | None = field(default=None, compare=False)
