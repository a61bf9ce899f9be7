"""The toy's method: T2V's frames, seen in a mirror."""

from __future__ import annotations

from torch import Tensor

from wan.variants.method import Conditions, Result
from wan.variants.t2v.method import VideoMethod


class ToyMethod(VideoMethod):
    """Right is left."""

    def decode(self, latents: Tensor, conditions: Conditions) -> Result:
        return Result(super().decode(latents, conditions).frames[:, :, ::-1])
