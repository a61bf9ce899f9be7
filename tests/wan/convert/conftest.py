"""Checkpoints in the reference's layout, made of the reference's own small weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor


def contiguous(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.contiguous() for name, value in weights.items()}


class Reference:
    """Builds folders as the reference's repositories have them."""

    def __init__(self, parity: Any, root: Path) -> None:
        self._parity, self.folder = parity, root

    def expert(self, fixture: str, weights: str = "weights", folder: str = ".", pieces: int = 2) -> dict[str, Tensor]:
        """A transformer in `pieces` shards with index and configuration; gives its weights."""
        data = self._parity[fixture]
        tensors, place = contiguous(data.weights(weights)), self.folder / folder
        place.mkdir(parents=True, exist_ok=True)
        names = sorted(tensors)
        files = [f"diffusion_pytorch_model-{i + 1:05}-of-{pieces:05}.safetensors" for i in range(pieces)]
        for i, file in enumerate(files):
            save_file({name: tensors[name] for name in names[i::pieces]}, place / file)
        places = {name: files[i % pieces] for i, name in enumerate(names)}
        index = {"metadata": {}, "weight_map": places}
        (place / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
        (place / "config.json").write_text(json.dumps(data.config["model"]))
        return tensors

    def text_encoder(self) -> None:
        torch.save(contiguous(self._parity["umt5"].weights()), self.folder / "models_t5_umt5-xxl-enc-bf16.pth")

    def vae(self, fixture: str = "vae21") -> None:
        name = {"vae21": "Wan2.1_VAE.pth", "vae22": "Wan2.2_VAE.pth"}[fixture]
        torch.save(contiguous(self._parity[fixture].weights()), self.folder / name)

    def tokenizer(self) -> None:
        place = self.folder / "google/umt5-xxl"
        place.mkdir(parents=True)
        (place / "spiece.model").write_bytes(b"words")
        (place / "tokenizer_config.json").write_text("{}")

    def clip(self) -> None:
        weights = contiguous(self._parity["clip_vision"].weights())
        weights |= {"textual.token_embedding.weight": torch.zeros(4, 4), "log_scale": torch.zeros(())}
        torch.save(weights, self.folder / "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth")

    def rest(self, vae: str = "vae21") -> None:
        self.text_encoder()
        self.vae(vae)
        self.tokenizer()


@pytest.fixture
def reference(parity: Any, tmp_path: Path) -> Reference:
    folder = tmp_path / "reference"
    folder.mkdir()
    return Reference(parity, folder)
