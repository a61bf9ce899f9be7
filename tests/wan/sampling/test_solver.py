from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.wan.parity import PARITY, SOLVERS
from wan.errors import StateError
from wan.request import Guidance, Sampling
from wan.sampling import Schedule, schedule
from wan.sampling.solver import Solver, SolverState


def _schedule(name: Any, steps: int, shift: float = 5.0) -> Schedule:
    return schedule(Sampling(steps, shift, Guidance(1, 1), name))


def _velocity(constants: Mapping[str, float], sample: Tensor, timestep: int) -> Tensor:
    wave = torch.sin(constants["w"] * sample + 0.001 * timestep)
    return constants["a"] * sample + constants["b"] * math.cos(0.003 * timestep) + constants["c"] * wave


@pytest.mark.parity
@pytest.mark.parametrize("case", PARITY.config("sampler")["cases"])
def test_trajectories_are_the_references_to_the_bit(parity: Any, case: str) -> None:
    data = parity["sampler"]
    settings = data.config["cases"][case]
    made = _schedule(SOLVERS[settings["solver"]], settings["steps"], settings["shift"])
    solver = Solver(SOLVERS[settings["solver"]], made)
    sample, samples = data.tensors["in.x0"], []
    for timestep in made.timesteps.tolist():
        sample = solver.step(_velocity(data.config, sample, timestep), sample)
        samples.append(sample)
    assert torch.equal(torch.stack(samples), data.tensors[f"out.{case}.latents"])
    assert made.timesteps.tolist() == data.tensors[f"out.{case}.timesteps"].tolist()


@pytest.mark.parametrize("name", ["unipc", "dpmpp", "euler"])
@pytest.mark.parametrize("steps", [1, 2, 3, 16])
def test_a_solver_rebuilt_at_every_step_takes_the_same_way(name: Any, steps: int) -> None:
    constants = {"a": 0.6, "b": 0.4, "c": -0.5, "w": 1.7}
    made = _schedule(name, steps)
    torch.manual_seed(0)
    whole = rebuilt = torch.randn(1, 4, 2, 3, 3)
    solver, state = Solver(name, made), SolverState()
    for timestep in made.timesteps.tolist():
        whole = solver.step(_velocity(constants, whole, timestep), whole)
        other = Solver(name, made, state)
        rebuilt = other.step(_velocity(constants, rebuilt, timestep), rebuilt)
        state = other.state()
        assert torch.equal(whole, rebuilt)
    assert bool(whole.isfinite().all())


def test_the_state_holds_what_was_there_when_it_was_taken() -> None:
    solver = Solver("unipc", _schedule("unipc", 4))
    sample = torch.ones(1, 4, 1, 2, 2)
    sample = solver.step(sample * 0.5, sample)
    state = solver.state()
    kept = {name: tensor.clone() for name, tensor in state.tensors.items()}
    solver.step(sample * 0.1, sample)
    assert kept
    assert all(torch.equal(state.tensors[name], tensor) for name, tensor in kept.items())


def test_a_state_from_a_longer_schedule_is_refused() -> None:
    with pytest.raises(StateError, match="schedule"):
        Solver("unipc", _schedule("unipc", 4), SolverState({}, {"_step_index": 9}))


def test_euler_goes_straight_from_level_to_level() -> None:
    made = _schedule("euler", 4)
    solver, noise, clean = Solver("euler", made), torch.randn(1, 4, 1, 2, 2), torch.randn(1, 4, 1, 2, 2)
    sample = noise
    for sigma in made.sigmas[1:]:
        sample = solver.step(noise - clean, sample)
        assert torch.allclose(sample, (1 - float(sigma)) * clean + float(sigma) * noise, atol=1e-6)
    assert torch.allclose(sample, clean, atol=1e-6)


def test_euler_begins_where_it_is_told() -> None:
    solver = Solver("euler", _schedule("euler", 4), first_step=2)
    assert solver.step_index == 2
    solver.step(torch.zeros(1), torch.zeros(1))
    assert solver.step_index == 3
