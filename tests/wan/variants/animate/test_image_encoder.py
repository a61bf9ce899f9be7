from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.variants.animate.image_encoder import ImageEncoder

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def encoder(parity: Any) -> ImageEncoder:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    from wan.convert.clip_vision import clip_vision_targets
    from wan.convert.targets import convert_weights

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
            hidden_act="gelu",
        )
    )
    model.load_state_dict(convert_weights(data.weights(), clip_vision_targets))
    return ImageEncoder(model)


def test_pictures_become_the_references_features(parity: Any, encoder: ImageEncoder) -> None:
    data = parity["clip_vision"]
    picture = data.tensors["in.image_u8"].permute(2, 0, 1).float()[None] / 127.5 - 1
    assert data.error("out.pixel_rows", encoder.prepare(picture)[0, :, ::32]) < 1e-4
    features = encoder.encode(picture)
    assert features.dtype == torch.float32
    assert data.error("out.features", features) < 1e-4
