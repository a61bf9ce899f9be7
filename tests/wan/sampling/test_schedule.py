from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.wan.parity import SOLVERS
from wan.request import Guidance, Sampling
from wan.sampling import schedule
from wan.variants import VARIANTS


@pytest.mark.parametrize(("variant", "high"), [("t2v-a14b", 26), ("i2v-a14b", 15)])
def test_the_high_noise_expert_gets_as_many_steps_as_in_the_reference(variant: str, high: int) -> None:
    made = schedule(VARIANTS[variant].sampling)
    assert made.steps == 40
    assert int(made.high_noise.sum()) == high
    assert made.high_noise[:high].all()


def test_noise_falls_from_step_to_step_and_ends_at_zero() -> None:
    sigmas = schedule(Sampling(12, 5.0, Guidance(4, 3))).sigmas
    assert (np.diff(sigmas) < 0).all()
    assert sigmas[-1] == 0
    assert sigmas.dtype == np.float32


def test_one_transformer_serves_every_step() -> None:
    assert schedule(Sampling(8, 5.0, Guidance(5, 5))).high_noise.all()


@pytest.mark.parity
def test_schedules_are_the_references_to_the_last_bit(parity: Any) -> None:
    data = parity["schedule"]
    assert data.config["entries"]
    for name, entry in data.config["entries"].items():
        solver = SOLVERS[entry["solver"]]
        made = schedule(Sampling(entry["steps"], entry["shift"], Guidance(1, 1), solver, entry.get("boundary")))
        assert np.array_equal(made.sigmas, data.tensors[f"out.{name}.sigmas"].numpy()), name
        assert np.array_equal(made.timesteps, data.tensors[f"out.{name}.timesteps"].numpy()), name
        if f"out.{name}.high_noise" in data.tensors:
            assert np.array_equal(made.high_noise, data.tensors[f"out.{name}.high_noise"].numpy()), name


def test_four_steps_of_euler_are_those_the_lightning_loras_were_distilled_at() -> None:
    made = schedule(Sampling(4, 5.0, Guidance(1, 1), "euler", 0.875))
    assert np.allclose(made.timesteps, [1000.0, 937.5, 833.33333, 625.0])
    assert np.allclose(made.sigmas, [1.0, 0.9375, 0.8333333, 0.625, 0.0])
    assert made.high_noise.tolist() == [True, True, False, False]
