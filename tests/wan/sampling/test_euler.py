from __future__ import annotations

import pytest
import torch

from wan.sampling.euler import Euler


@pytest.fixture
def solver() -> Euler:
    made = Euler()
    made.sigmas = torch.tensor([1.0, 0.75, 0.25, 0.0])
    made.timesteps = made.sigmas[:-1] * 1000
    made.num_inference_steps = 3
    return made


def test_the_true_velocity_leads_to_the_sample_itself(solver: Euler) -> None:
    clean, noise = torch.randn(4), torch.randn(4)
    sample = noise
    for timestep in solver.timesteps:
        (sample,) = solver.step(noise - clean, float(timestep), sample)
    assert torch.allclose(sample, clean, atol=1e-6)
    assert solver.step_index == 3


def test_it_may_begin_later(solver: Euler) -> None:
    solver.set_begin_index(1)
    assert solver.step_index is None
    (sample,) = solver.step(torch.ones(2), 750.0, torch.zeros(2))
    assert sample.tolist() == [-0.5, -0.5]
    assert solver.step_index == 2


def test_samples_are_kept_in_fp32(solver: Euler) -> None:
    (sample,) = solver.step(torch.ones(2), 1000.0, torch.zeros(2, dtype=torch.bfloat16))
    assert sample.dtype == torch.float32
