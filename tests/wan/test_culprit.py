"""Values that are no numbers: seen, and traced to where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from wan.errors import NumbersError
from wan.families import Family
from wan.load import load_pipeline
from wan.model.finite import Watch, is_finite
from wan.pipeline import Pipeline
from wan.request import ClipRequest, Lora
from wan.system.digests import file_digests
from wan.weights.checkpoint import Checkpoint

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def pipeline(family: Family) -> Pipeline:
    """One to spoil."""
    return load_pipeline("t2v-a14b", Checkpoint.open(family, "t2v-a14b"), device="cpu")


def error_of(pipeline: Pipeline, request: ClipRequest) -> NumbersError:
    with pytest.raises(NumbersError) as caught:
        pipeline.finish(pipeline.advance(pipeline.encode(request)))
    return caught.value


def lora(path: Path, value: float, **more: float) -> Lora:
    down, up = torch.randn(2, 24), torch.randn(24, 2)
    up[3, 1] = value
    name = "transformer.blocks.1.attn1.to_k"
    save_file({f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}, path)
    return Lora(path, file_digests([path])[0], **more)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_a_lora_that_holds_them_is_named_with_its_layer(
    pipeline: Pipeline, text_request: ClipRequest, tmp_path: Path, value: float
) -> None:
    path = tmp_path / "broken.safetensors"
    error = error_of(pipeline, replace(text_request, loras=(lora(path, value),)))
    assert error.source == "lora"
    assert f"at step 1 of 4: the LoRA {path} holds such values itself, first in " in str(error)
    assert "blocks.1.attn1.to_k.lora_B.weight" in str(error)


def test_weights_that_hold_them_are_named(pipeline: Pipeline, text_request: ClipRequest) -> None:
    with pipeline.parts.use("transformer_2") as expert, torch.no_grad():
        expert.model.blocks[0].ffn.net[2].weight[0, 0] = NAN
    error = error_of(pipeline, text_request)
    assert error.source == "weights"
    assert "the weights of transformer_2 hold such values themselves, first in blocks.0.ffn.net.2.weight" in str(error)


def test_an_overflow_is_traced_to_its_layer_and_the_loras_there(
    pipeline: Pipeline, text_request: ClipRequest, tmp_path: Path
) -> None:
    path = tmp_path / "strong.safetensors"
    error = error_of(pipeline, replace(text_request, loras=(lora(path, 1e38, weight=1e38),)))
    assert error.source == "unknown"
    assert f"first behind layer blocks.1.attn1.to_k of transformer, on which there are LoRAs ({path})" in str(error)


@pytest.mark.parametrize(("broken", "source"), [("weights", "weights"), ("output", "unknown")])
def test_a_text_encoder_is_named(
    pipeline: Pipeline, text_request: ClipRequest, monkeypatch: pytest.MonkeyPatch, broken: str, source: str
) -> None:
    with pipeline.parts.use("text_encoder") as text, torch.no_grad():
        if broken == "weights":
            text.model.encoder.final_layer_norm.weight[0] = INF
        else:
            encode = text.encode
            monkeypatch.setattr(text, "encode", lambda prompt: encode(prompt) * NAN)
    error = error_of(pipeline, text_request)
    assert error.source == source
    assert "text_encoder" in str(error) or "the text encoder made such values of the prompt" in str(error)


@pytest.mark.parametrize("value", [NAN, INF])
def test_frames_are_looked_at_too(pipeline: Pipeline, text_request: ClipRequest, value: float) -> None:
    with pipeline.parts.use("vae") as vae, torch.no_grad():
        vae.model.decoder.conv_out.bias[0] = value
    error = error_of(pipeline, text_request)
    assert error.source == "weights"
    assert "the decoded frames are no numbers" in str(error)
    assert "the weights of vae hold such values themselves, first in decoder.conv_out.bias" in str(error)


def test_the_first_bad_step_is_found_with_what_it_started_from() -> None:
    watch, good, bad = Watch(), torch.zeros(2), torch.tensor([0.0, NAN])
    assert watch.look(0, good, good) is None
    found = watch.look(1, bad, good)
    assert found is not None
    assert (found.step, found.before) == (1, good)
    assert watch.settle() is None


@pytest.mark.parametrize(
    ("make", "finite"),
    [
        (lambda: torch.ones(3, dtype=torch.float8_e4m3fn), True),
        (lambda: torch.tensor([NAN]).to(torch.float8_e4m3fn), False),
        (lambda: torch.tensor([INF], dtype=torch.bfloat16), False),
        (lambda: torch.ones(3, dtype=torch.int64), True),
    ],
)
def test_every_kind_of_weight_can_be_looked_at(make: Callable[[], Tensor], finite: bool) -> None:
    assert bool(is_finite(make())) is finite
