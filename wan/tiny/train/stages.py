"""Loads what an earlier stage of training wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import WanTransformer3DModel
from transformers import UMT5EncoderModel

from wan.tiny import models
from wan.tiny.train.bank import Encoder
from wan.tiny.vocabulary import known_words


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: run the stage that writes it first (python -m wan.tiny.train --help)"
        )
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def load_state(path: Path) -> dict[str, Any]:
    """The averaged weights, fp32, that a stage with one transformer left."""
    state: dict[str, Any] = _read(path)["model"]
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def load_encoder(path: Path, device: str, *, compile_it: bool, kind: str = "2.1") -> Encoder:
    """The autoencoder of `vae.pt` (`vae22.pt`: of the 2.2 kind) with its latent statistics."""
    saved = _read(path)
    vae = models.VAE_BUILDERS[kind]()
    vae.load_state_dict(saved["model"])
    if "latents_mean" in saved:
        vae.register_to_config(latents_mean=saved["latents_mean"], latents_std=saved["latents_std"])
    return Encoder(vae.to(device).requires_grad_(False), compile_it=compile_it)


def load_text_encoder(path: Path, device: str) -> UMT5EncoderModel:
    """The text encoder of `text.pt`, frozen."""
    encoder = models.build_text_encoder(len(known_words()) + 3)
    encoder.load_state_dict(_read(path)["model"])
    return encoder.to(device).eval().requires_grad_(False)


def load_transformer(path: Path, in_channels: int, device: str) -> WanTransformer3DModel:
    """An expert (or the base) of a denoiser stage, frozen."""
    transformer = models.build_transformer(in_channels)
    transformer.load_state_dict(_read(path)["model"])
    return transformer.to(device).eval().requires_grad_(False)
