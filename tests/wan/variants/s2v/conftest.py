"""S2V's transformer, small with random weights, and with the reference's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.variants.s2v.keys import s2v_config, s2v_key
from wan.variants.s2v.transformer import WanS2VTransformer3DModel


@pytest.fixture(scope="session")
def reference(parity: Any) -> Any:
    """The reference's weights of the parity tensors, in fp32."""
    data = parity["s2v_model"]
    model = WanS2VTransformer3DModel(**s2v_config(data.config["model"]))
    model.load_state_dict({s2v_key(name): value for name, value in data.weights().items()})
    return model.eval()


def tiny(**changes: Any) -> Any:
    """A transformer of two layers, both of which hear."""
    torch.manual_seed(0)
    values: dict[str, Any] = {
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "text_dim": 8,
        "freq_dim": 16,
        "ffn_dim": 32,
        "num_layers": 2,
        "audio_dim": 6,
        "num_audio_layers": 3,
        "audio_inject_layers": (0, 1),
    }
    return WanS2VTransformer3DModel(**{**values, **changes}).eval()


@pytest.fixture
def make_tiny() -> Any:
    return tiny
