"""A VACE with random weights, two experts, and diffusers' pipeline on the same weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from wan.model.parts import Resident
from wan.model.vae import Vae
from wan.pipeline import Pipeline
from wan.request import Numerics
from wan.variants import VARIANTS
from wan.variants.vace.expert import ControlExpert


class Texts:
    """Embeddings of 12 rows by a hash of the text."""

    def recall(self, text: str) -> None:
        return None

    def encode(self, text: str) -> Tensor:
        generator = torch.Generator().manual_seed(len(text))
        return torch.randn(1, 12, 16, generator=generator)


def transformer(seed: int) -> Any:
    from diffusers import WanVACETransformer3DModel

    torch.manual_seed(seed)
    return WanVACETransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=16,
        freq_dim=32,
        ffn_dim=32,
        num_layers=4,
        vace_layers=[0, 2],
        vace_in_channels=96,
    ).eval()


@pytest.fixture(scope="session")
def models() -> dict[str, Any]:
    from diffusers import AutoencoderKLWan

    torch.manual_seed(1)
    vae = AutoencoderKLWan(base_dim=4, dim_mult=[1, 2, 2, 2], num_res_blocks=1).eval()
    return {"transformer": transformer(2), "transformer_2": transformer(3), "vae": vae}


@pytest.fixture(scope="session")
def vace(models: dict[str, Any]) -> Pipeline:
    parts = {
        "transformer": ControlExpert(models["transformer"]),
        "transformer_2": ControlExpert(models["transformer_2"]),
        "vae": Vae(models["vae"]),
        "text_encoder": Texts(),
    }
    place = Resident(parts, torch.device("cpu"))
    return Pipeline(VARIANTS["vace-fun-a14b"], parts=place, numerics=Numerics(), checkpoint="random")
