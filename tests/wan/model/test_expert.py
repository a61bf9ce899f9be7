from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from wan.model.expert import Expert
from wan.pipeline import Pipeline
from wan.precision import cast_model
from wan.request import Numerics


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("prompts", [1, 2])
def test_velocities_are_diffusers_own(t2v: Pipeline, prompts: int) -> None:
    with t2v.parts.use("transformer") as expert:
        torch.manual_seed(0)
        latents = torch.randn(1, 16, 3, 4, 6)
        embeddings = [torch.randn(1, 12, 16) for _ in range(prompts)]
        found = expert.velocities(latents, 900, expert.context(embeddings, latents))
        assert len(found) == prompts
        for velocity, text in zip(found, embeddings, strict=True):
            (wanted,) = expert.model(latents, torch.tensor([900]), text, return_dict=False)
            assert torch.allclose(velocity, wanted, atol=1e-6)


def test_bf16_velocities_are_diffusers_own_to_the_bit() -> None:
    model = cast_model(_small_transformer(), "bf16")
    latents, text = torch.randn(1, 16, 3, 4, 6), torch.randn(1, 12, 16)
    expert = Expert(model, Numerics("bf16"))
    (found,) = expert.velocities(latents, 900, expert.context([text], latents))
    (wanted,) = model(latents.bfloat16(), torch.tensor([900]), text.bfloat16(), return_dict=False)
    assert torch.equal(found, wanted.float())


def test_clean_frames_have_timestep_zero() -> None:
    expert = Expert(_small_transformer())
    latents, text = torch.randn(1, 16, 3, 4, 6), torch.randn(1, 12, 16)
    (found,) = expert.velocities(latents, 700, expert.context([text], latents), clean_frames=1)
    per_token = torch.full((1, 18), 700)
    per_token[:, :6] = 0
    (wanted,) = expert.model(latents, per_token, text, return_dict=False)
    assert torch.allclose(found, wanted, atol=1e-5)
    (without,) = expert.velocities(latents, 700, expert.context([text], latents))
    assert not torch.allclose(found, without, atol=1e-2)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_blocks_give_nearly_the_same_velocities() -> None:
    model = cast_model(_small_transformer(), "reference")
    latents, texts = torch.randn(1, 16, 3, 4, 6), [torch.randn(1, 12, 16) for _ in range(2)]
    plain, compiled = Expert(model, Numerics("reference")), Expert(model, Numerics("reference", compile=True))
    wanted = plain.velocities(latents, 900, plain.context(texts, latents))
    found = compiled.velocities(latents, 900, compiled.context(texts, latents))
    for one, other in zip(wanted, found, strict=True):
        assert float((one - other).norm() / one.norm()) < 5e-3


@pytest.mark.parity
@pytest.mark.parametrize("name", ["dit_t2v", "dit_i2v", "dit_ti2v"])
def test_the_transformer_is_the_references(parity: Any, name: str) -> None:
    data, inputs, texts = _fixture(parity, name)
    expert = Expert(parity.transformer(data.config["model"], data.weights()))
    context = expert.context(texts, inputs)
    hidden = _record_blocks(expert)
    for timestep in data.config["timesteps"]:
        (velocity,) = expert.velocities(inputs, timestep, context)
        assert data.error(f"out.t{timestep}", velocity[0]) < 1e-4
        if name == "dit_ti2v":
            (velocity,) = expert.velocities(inputs, timestep, context, clean_frames=1)
            assert data.error(f"out.masked.t{timestep}", velocity[0]) < 1e-4
    assert len(hidden) >= data.config["model"]["num_layers"]
    for number, tokens in enumerate(hidden[: data.config["model"]["num_layers"]]):
        assert data.error(f"out.block{number}.t{data.config['timesteps'][0]}", tokens) < 1e-4


@pytest.mark.parity
@pytest.mark.parametrize("name", ["dit_t2v", "dit_i2v", "dit_ti2v"])
def test_reference_precision_errs_half_as_much_as_plain_bf16(parity: Any, name: str) -> None:
    reference, plain = (relative_error(parity, name, precision) for precision in ("reference", "bf16"))
    assert reference < 4.5e-3
    assert reference < 0.65 * plain


@pytest.mark.parity
def test_eight_bit_weights_err_as_much_as_the_docs_say(parity: Any) -> None:
    """What a scale a row is worth shows on small weights, which these are not: tests/wan/precision/test_fp8.py."""
    assert 4.5e-3 < relative_error(parity, "dit_i2v", "fp8_storage") < 2.5e-2


def relative_error(parity: Any, name: str, precision: Any) -> float:
    """‖v − v_fp32‖ / ‖v_fp32‖ over the fixture's timesteps."""
    data, inputs, texts = _fixture(parity, name)
    model = cast_model(parity.transformer(data.config["model"], data.weights()), precision)
    expert = Expert(model, replace(Numerics(), precision=precision))
    context = expert.context(texts, inputs)
    found = torch.stack([expert.velocities(inputs, t, context)[0][0] for t in data.config["timesteps"]])
    wanted = torch.stack([data.tensors[f"out.t{t}"] for t in data.config["timesteps"]])
    return float((found - wanted).norm() / wanted.norm())


def _fixture(parity: Any, name: str) -> tuple[Any, torch.Tensor, list[torch.Tensor]]:
    data = parity[name]
    parts = [data.tensors[key] for key in ("in.x", "in.y") if key in data.tensors]
    text = data.tensors["in.context"]
    rows = torch.cat([text, text.new_zeros(512 - text.shape[0], text.shape[1])])[None]
    return data, torch.cat(parts)[None], [rows]


def _record_blocks(expert: Expert) -> list[torch.Tensor]:
    hidden: list[torch.Tensor] = []
    run_block = expert.functions.run_block

    def record(*arguments: Any) -> torch.Tensor:
        hidden.append(run_block(*arguments))
        return hidden[-1]

    expert.functions = replace(expert.functions, run_block=record)
    return hidden


def _small_transformer() -> Any:
    from diffusers import WanTransformer3DModel

    torch.manual_seed(0)
    sizes = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 32, "num_layers": 3}
    return WanTransformer3DModel(in_channels=16, out_channels=16, text_dim=16, freq_dim=32, **sizes).eval()
