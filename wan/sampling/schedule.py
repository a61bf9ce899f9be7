"""The reference's noise schedules: which noise level and which model timestep each step has. numpy only.

Source: Wan-Video/Wan2.2, commit 42bf4cf. diffusers' own spacing differs (1 → 0.001 instead of 0.999 → 0), which moves
high-noise steps from one expert to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wan.request import Sampling, Solver

NUM_TRAIN_TIMESTEPS = 1000

# UniPC begins at the float32 value of 0.999, DPM++ and Euler at 1.
_FIRST_SIGMA: Mapping[Solver, float] = {"unipc": 0.9990000128746033, "dpmpp": 1.0, "euler": 1.0}
# Euler is what the 4-step LoRAs were distilled with, whose timesteps are not whole numbers: 1000, 937.5, 833.3, 625.
_FRACTIONAL: frozenset[Solver] = frozenset({"euler"})


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The steps of one clip.

    `sigmas` are N + 1 noise levels (float32, the last is 0), `timesteps` what the model is told (0 to 1000; int64, for
    Euler float64), `high_noise` says which steps the high-noise expert serves (all of them when there is one
    transformer).
    """

    sigmas: npt.NDArray[np.float32]
    timesteps: npt.NDArray[Any]
    high_noise: npt.NDArray[np.bool_]

    @property
    def steps(self) -> int:
        """The number of steps N."""
        return len(self.timesteps)


def schedule(sampling: Sampling) -> Schedule:
    """The schedule of the reference for these settings, computed in float64.

    sigma = s·u / (1 + (s − 1)·u) for N evenly spaced u; timesteps are truncated, not rounded. Euler's schedule is
    that of ModelTC/Wan2.2-Lightning (Apache-2.0), which keeps their fractions.
    """
    first = _FIRST_SIGMA[sampling.solver]
    even = np.linspace(first, 0.0, sampling.num_inference_steps + 1, dtype=np.float64)[:-1]
    shift = sampling.flow_shift
    sigmas = shift * even / (1 + (shift - 1) * even)
    timesteps = sigmas * NUM_TRAIN_TIMESTEPS
    if sampling.solver not in _FRACTIONAL:
        timesteps = timesteps.astype(np.int64)
    boundary = (sampling.boundary_ratio or 0.0) * NUM_TRAIN_TIMESTEPS
    return Schedule(np.append(sigmas, 0.0).astype(np.float32), timesteps, timesteps >= boundary)
