"""The expert computes what the transformer does, with what steps and prompts share computed once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from wan.precision import cast_model
from wan.request import Numerics, Precision
from wan.variants.s2v.expert import SpeechExpert


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


def given(channels: int = 16, text: int = 8, layers: int = 3, width: int = 6) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    return {
        "latents": draw(1, channels, 4, 8, 8),
        "prompt": draw(1, 5, text),
        "negative": draw(1, 5, text),
        "picture": draw(1, channels, 1, 8, 8),
        "audio": draw(1, layers, width, 16),
        "motion": draw(1, channels, 19, 8, 8),
        "pose": draw(1, channels, 4, 8, 8),
    }


@pytest.mark.parametrize("motion", [True, False], ids=["later clip", "first clip"])
@pytest.mark.parametrize("pose", [True, False], ids=["pose", "no pose"])
def test_both_prompts_get_what_the_transformer_says(make_tiny: Any, motion: bool, pose: bool) -> None:
    model, values = make_tiny(), given()
    expert = SpeechExpert(model)
    before, posed = values["motion"] if motion else None, values["pose"] if pose else None
    context = expert.clip_context(
        [values["prompt"], values["negative"]],
        values["latents"],
        audio=values["audio"],
        picture=values["picture"],
        motion=before,
        pose=posed,
    )
    found = expert.velocities(values["latents"], 700, context)
    silent = torch.zeros_like(values["audio"])
    for velocity, text, audio in zip(found, ("prompt", "negative"), (values["audio"], silent), strict=True):
        wanted = model(
            values["latents"], torch.tensor([700]), values[text], values["picture"], audio, before, posed
        ).sample
        assert torch.allclose(velocity, wanted, atol=1e-5)


def velocity_of(model: Any, numerics: Numerics, values: dict[str, torch.Tensor]) -> torch.Tensor:
    expert = SpeechExpert(model, numerics)
    context = expert.clip_context(
        [values["prompt"]],
        values["latents"],
        audio=values["audio"],
        picture=values["picture"],
        motion=values["motion"],
        pose=values["pose"],
    )
    (found,) = expert.velocities(values["latents"], 700, context)
    return found


def error(model: Any, precision: Precision, values: dict[str, torch.Tensor]) -> float:
    exact = velocity_of(model, Numerics("fp32"), values)
    found = velocity_of(cast_model(copy.deepcopy(model), precision), Numerics(precision), values)
    return float((found - exact).norm() / exact.norm())


@pytest.mark.parity
def test_the_references_precision_is_nearer_to_fp32_than_bf16_is(parity: Any, reference: Any) -> None:
    tensors = parity["s2v_model"].tensors
    _, layers, width, _ = tensors["in.audio_input"].shape
    values = given(text=tensors["in.context"].shape[1], layers=layers, width=width)
    exact, rounded = error(reference, "reference", values), error(reference, "bf16", values)
    assert exact < 0.8 * rounded
    assert rounded < 0.05


@pytest.mark.parametrize("precision", ["fp8_storage"])
def test_eight_bit_weights_come_near(make_tiny: Any, precision: Precision) -> None:
    assert error(make_tiny(), precision, given()) < 0.1
