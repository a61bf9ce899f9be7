from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.convert.clip_vision import clip_vision_targets, published_clip_key
from wan.convert.targets import convert_weights
from wan.errors import CheckpointError
from wan.weights.loading import load_model


def test_the_text_half_is_not_needed() -> None:
    assert clip_vision_targets("textual.token_embedding.weight") == ()
    assert clip_vision_targets("log_scale") == ()


def test_a_strange_key_is_an_error() -> None:
    with pytest.raises(CheckpointError, match="not a weight"):
        clip_vision_targets("visual.transformer.0.attn.relative")


@pytest.mark.parity
def test_the_reference_weights_compute_the_same_in_transformers(parity: Any) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    data = parity["clip_vision"]
    config = data.config["model"]
    model = CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=config["dim"],
            intermediate_size=config["dim"] * config["mlp_ratio"],
            num_hidden_layers=config["num_layers"],
            num_attention_heads=config["num_heads"],
            image_size=config["image_size"],
            patch_size=config["patch_size"],
            hidden_act=data.config["activation"].split()[0],
        )
    ).eval()
    model.load_state_dict(convert_weights(data.weights(), clip_vision_targets))
    with torch.inference_mode():
        pixels = _prepared(data.tensors["in.image_u8"])
        assert data.error("out.pixel_rows", pixels[0, :, ::32]) < 1e-4
        hidden = model(pixels, output_hidden_states=True).hidden_states
        assert data.error("out.features", hidden[data.config["blocks_used"]]) < 1e-4


def _prepared(image: torch.Tensor) -> torch.Tensor:
    """The reference's input: bicubic to 224 x 224 without antialiasing, then CLIP's mean and standard deviation."""
    pixels = image.permute(2, 0, 1).float()[None] / 127.5 - 1
    pixels = torch.nn.functional.interpolate(pixels, size=(224, 224), mode="bicubic", align_corners=False)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)
    return (pixels * 0.5 + 0.5 - mean) / std


@pytest.mark.parametrize("prefix", ["", "vision_model."])
def test_published_and_converted_pictures_halves_are_loaded(prefix: str, tmp_path: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = CLIPVisionModel(CLIPVisionConfig(**sizes, image_size=28, patch_size=14))
    model.config.save_pretrained(tmp_path)
    save_file({prefix + name: value for name, value in model.state_dict().items()}, tmp_path / "model.safetensors")
    found = load_model(
        CLIPVisionModel, tmp_path, precision="fp32", device=torch.device("cpu"), renamed=published_clip_key
    )
    wanted = model.state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in found.state_dict().items())
