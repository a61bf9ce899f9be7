"""UniPC and DPM++ 2M over diffusers' scheduler classes, and Euler, on the reference's noise levels, with a state that
can be kept.

The arithmetic is diffusers'; what is set here are the noise levels and timesteps (`set_timesteps` of both classes would
make others, so it is not called), and what is read back are the fields a multistep solver remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, UniPCMultistepScheduler

from wan.errors import StateError
from wan.request import Solver as SolverName
from wan.sampling.euler import Euler
from wan.sampling.schedule import NUM_TRAIN_TIMESTEPS, Schedule

_ORDER = 2
_COUNTERS = ("_step_index", "lower_order_nums", "this_order")


@dataclass(frozen=True, slots=True)
class SolverState:
    """What a solver remembers between steps: earlier predictions (`tensors`, fp32) and `counters`."""

    tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


def _unipc() -> Any:
    return UniPCMultistepScheduler(
        num_train_timesteps=NUM_TRAIN_TIMESTEPS,
        solver_order=_ORDER,
        solver_type="bh2",
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        predict_x0=True,
        lower_order_final=True,
    )


def _dpmpp() -> Any:
    return DPMSolverMultistepScheduler(
        num_train_timesteps=NUM_TRAIN_TIMESTEPS,
        solver_order=_ORDER,
        solver_type="midpoint",
        algorithm_type="dpmsolver++",
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        lower_order_final=True,
    )


_SCHEDULERS: Mapping[SolverName, Callable[[], Any]] = {"unipc": _unipc, "dpmpp": _dpmpp, "euler": Euler}


class Solver:
    """Takes a sample one step down the noise levels of a schedule, given the model's velocity (noise − clean)."""

    def __init__(
        self, name: SolverName, schedule: Schedule, state: SolverState | None = None, *, first_step: int = 0
    ) -> None:
        """`state` continues an earlier solver of the same schedule; without one, `first_step` is where it begins.

        Raises `StateError` when the state is not of this kind.
        """
        self._scheduler = _SCHEDULERS[name]()
        self._scheduler.num_inference_steps = schedule.steps
        self._scheduler.sigmas = torch.from_numpy(schedule.sigmas)
        self._scheduler.timesteps = torch.from_numpy(schedule.timesteps)
        self._scheduler.set_begin_index(first_step)
        self._first_step = first_step
        self._timesteps = schedule.timesteps
        if state is not None and state.counters:
            self._restore(state)

    @property
    def step_index(self) -> int:
        """The step that is taken next, counted from 0."""
        index = self._scheduler.step_index
        return self._first_step if index is None else int(index)

    def step(self, velocity: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        """The sample after the next step, fp32, of the shape of `sample`."""
        timestep = self._timesteps[self.step_index].item()
        (following,) = self._scheduler.step(velocity.float(), timestep, sample, return_dict=False)
        assert isinstance(following, torch.Tensor)
        return following

    def state(self) -> SolverState:
        """What has to be kept to go on later. The tensors are the solver's own and never written to again."""
        outputs = self._scheduler.model_outputs
        tensors = {f"model_output_{i}": tensor for i, tensor in enumerate(outputs) if tensor is not None}
        last = getattr(self._scheduler, "last_sample", None)
        if last is not None:
            tensors["last_sample"] = last
        counters = {name: getattr(self._scheduler, name, None) for name in _COUNTERS}
        return SolverState(tensors, {name: value for name, value in counters.items() if value is not None})

    def _restore(self, state: SolverState) -> None:
        if not 0 <= state.counters.get("_step_index", -1) <= len(self._timesteps):
            raise StateError("the saved solver state does not belong to this schedule")
        for name, value in state.counters.items():
            setattr(self._scheduler, name, value)
        outputs = [state.tensors.get(f"model_output_{i}") for i in range(_ORDER)]
        self._scheduler.model_outputs = outputs
        if "last_sample" in state.tensors:
            self._scheduler.last_sample = state.tensors["last_sample"]
