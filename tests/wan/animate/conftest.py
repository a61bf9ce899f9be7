"""Animate's transformer: small with random weights, and with the reference's."""

from __future__ import annotations

from typing import Any

import pytest
import torch


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="session")
def reference_expert(parity: Any) -> Any:
    """The reference's weights of the parity tensors, in fp32."""
    from diffusers import WanAnimateTransformer3DModel

    from wan.animate.expert import AnimateExpert
    from wan.convert.animate import animate_targets
    from wan.convert.targets import convert_weights

    data = parity["animate_model"]
    config = data.config["model"]
    model = WanAnimateTransformer3DModel(
        num_attention_heads=config["num_heads"],
        attention_head_dim=config["dim"] // config["num_heads"],
        text_dim=config["text_dim"],
        freq_dim=config["freq_dim"],
        ffn_dim=config["ffn_dim"],
        num_layers=config["num_layers"],
        added_kv_proj_dim=config["dim"],
    )
    model.load_state_dict(convert_weights(data.weights(), animate_targets))
    return AnimateExpert(model)
