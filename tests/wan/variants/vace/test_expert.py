from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.precision import cast_model
from wan.request import Numerics
from wan.variants.vace.expert import ControlExpert


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


def _inputs() -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(0)
    return torch.randn(1, 16, 3, 4, 6), torch.randn(1, 96, 3, 4, 6), [torch.randn(1, 12, 16) for _ in range(2)]


@pytest.mark.parametrize("scale", [1.0, 0.4])
@pytest.mark.parametrize("prompts", [1, 2])
def test_velocities_are_diffusers_own(models: dict[str, Any], scale: float, prompts: int) -> None:
    latents, control, texts = _inputs()
    model = models["transformer"]
    expert = ControlExpert(model)
    context = expert.clip_context(texts[:prompts], latents, control=control, scale=scale)
    found = expert.velocities(latents, 900, context)
    assert len(found) == prompts
    for velocity, text in zip(found, texts[:prompts], strict=True):
        (wanted,) = model(
            latents,
            torch.tensor([900]),
            text,
            control_hidden_states=control,
            control_hidden_states_scale=torch.tensor([scale, scale]),
            return_dict=False,
        )
        assert torch.allclose(velocity, wanted, atol=1e-5)


def test_without_weight_the_control_says_nothing(models: dict[str, Any]) -> None:
    latents, control, texts = _inputs()
    expert = ControlExpert(models["transformer"])
    silent = [
        expert.clip_context(texts[:1], latents, control=c, scale=0.0) for c in (control, torch.zeros_like(control))
    ]
    first, second = (expert.velocities(latents, 900, context)[0] for context in silent)
    assert torch.equal(first, second)


@pytest.mark.parametrize("precision", ["bf16", "reference", "fp8_storage"])
def test_other_precisions_stay_near(models: dict[str, Any], precision: Any) -> None:
    import copy

    latents, control, texts = _inputs()
    exact, other = models["transformer"], cast_model(copy.deepcopy(models["transformer"]), precision)
    found = []
    for model, numerics in ((exact, Numerics()), (other, Numerics(precision))):
        expert = ControlExpert(model, numerics)
        found.append(
            expert.velocities(latents, 900, expert.clip_context(texts, latents, control=control, scale=1.0))[1]
        )
    assert float((found[0] - found[1]).norm() / found[0].norm()) < 0.05
