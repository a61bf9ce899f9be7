"""Velocities on a GPU against the reference implementation's tensors, in every precision (docs/memory.md)."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.gpu.where import DEVICE, ON_GPU
from tests.wan.parity import PARITY
from wan.errors import RequestError
from wan.load import find_device
from wan.model.expert import Expert
from wan.precision import cast_model, check_fp8, set_convolutions
from wan.request import Numerics

pytestmark = [*ON_GPU, pytest.mark.parity]
MOST = {"fp32": 2e-3, "reference": 4.5e-3, "bf16": 9e-3, "fp8_storage": 5e-2, "fp8": 8e-2}


@pytest.mark.parametrize("precision", MOST)
@pytest.mark.parametrize("name", ["dit_t2v", "dit_i2v", "dit_ti2v"])
def test_a_precision_errs_as_little_as_the_docs_say(name: str, precision: Any) -> None:
    device = find_device(DEVICE)
    if precision == "fp8":
        try:
            check_fp8(device)
        except RequestError as error:
            pytest.skip(str(error))
    data = PARITY[name]
    set_convolutions(precision)  # as every pipeline does
    model = PARITY.transformer(data.config["model"], data.weights()).to(device)
    expert = Expert(cast_model(model, precision), Numerics(precision))
    inputs = torch.cat([data.tensors[key] for key in ("in.x", "in.y") if key in data.tensors])[None].to(device)
    text = data.tensors["in.context"]
    rows = torch.cat([text, text.new_zeros(512 - text.shape[0], text.shape[1])])[None].to(device)
    context = expert.context([rows], inputs)
    with torch.inference_mode():
        found = torch.stack([expert.velocities(inputs, t, context)[0][0] for t in data.config["timesteps"]]).cpu()
    wanted = torch.stack([data.tensors[f"out.t{t}"] for t in data.config["timesteps"]])
    error = float((found - wanted).norm() / wanted.norm())
    print(f"{name} {precision}: {error:.2e}")
    assert error < MOST[precision]
