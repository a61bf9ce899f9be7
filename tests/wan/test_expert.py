from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.expert import Expert
from wan.pipeline import Pipeline


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("prompts", [1, 2])
def test_velocities_are_diffusers_own(t2v: Pipeline, prompts: int) -> None:
    expert = t2v.parts.parts["transformer"]
    torch.manual_seed(0)
    latents = torch.randn(1, 16, 3, 4, 6)
    embeddings = [torch.randn(1, 12, 16) for _ in range(prompts)]
    found = expert.velocities(latents, 900, expert.context(embeddings, latents))
    assert len(found) == prompts
    for velocity, text in zip(found, embeddings, strict=True):
        (wanted,) = expert.model(latents, torch.tensor([900]), text, return_dict=False)
        assert torch.allclose(velocity, wanted, atol=1e-6)


@pytest.mark.parity
def test_the_transformer_is_the_references(parity: Any) -> None:
    data = parity["dit_i2v"]
    expert = Expert(parity.transformer(data.config["model"], data.weights()))
    inputs = torch.cat([data.tensors["in.x"], data.tensors["in.y"]])[None]
    text = data.tensors["in.context"]
    rows = torch.cat([text, text.new_zeros(512 - text.shape[0], text.shape[1])])[None]
    context = expert.context([rows], inputs)
    hidden: dict[int, torch.Tensor] = {}
    for number, block in enumerate(expert.model.blocks):
        block.register_forward_hook(lambda _, __, out, number=number: hidden.update({number: hidden.get(number, out)}))
    for timestep in data.config["timesteps"]:
        (velocity,) = expert.velocities(inputs, timestep, context)
        assert data.error(f"out.t{timestep}", velocity[0]) < 1e-4
    for number, tokens in hidden.items():
        assert data.error(f"out.block{number}.t{data.config['timesteps'][0]}", tokens) < 1e-4
