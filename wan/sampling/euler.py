"""Euler's step for rectified flow, with the face of a diffusers scheduler: the 4-step LoRAs were distilled with it."""

from __future__ import annotations

import torch
from torch import Tensor


class Euler:
    """One straight step along the velocity from each noise level to the next; nothing is remembered between steps."""

    sigmas: Tensor
    """N + 1 noise levels, the last 0."""
    timesteps: Tensor
    num_inference_steps: int

    def __init__(self) -> None:
        self.model_outputs: list[Tensor | None] = []
        self._step_index: int | None = None
        self._begin_index = 0

    def set_begin_index(self, index: int) -> None:
        """The step that is taken first."""
        self._begin_index = index

    @property
    def step_index(self) -> int | None:
        """The step that is taken next; None before the first."""
        return self._step_index

    def step(self, velocity: Tensor, timestep: float, sample: Tensor, *, return_dict: bool = False) -> tuple[Tensor]:
        """The sample at the next noise level, in fp32."""
        index = self._begin_index if self._step_index is None else self._step_index
        fall = self.sigmas[index + 1] - self.sigmas[index]
        self._step_index = index + 1
        return (sample.to(torch.float32) + float(fall) * velocity,)
