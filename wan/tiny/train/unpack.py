"""Stage files made of the shipped checkpoints, so that a later stage can be trained without the ones before it."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel, WanVACETransformer3DModel
from transformers import UMT5EncoderModel

EXPERTS = {"t2v_high": "t2v-a14b/transformer", "t2v_low": "t2v-a14b/transformer_2"}


def unpack(checkpoints: Path, out: Path) -> None:
    """Writes `vae.pt`, `text.pt`, T2V's experts and `vace.pt`, in fp32."""
    out.mkdir(parents=True, exist_ok=True)
    vae = AutoencoderKLWan.from_pretrained(checkpoints / "shared/vae").float()
    statistics = {name: list(vae.config[name]) for name in ("latents_mean", "latents_std")}
    torch.save({"model": vae.state_dict(), **statistics}, out / "vae.pt")
    text = UMT5EncoderModel.from_pretrained(checkpoints / "shared/text_encoder").float()
    torch.save({"model": text.state_dict()}, out / "text.pt")
    for name, folder in EXPERTS.items():
        transformer = WanTransformer3DModel.from_pretrained(checkpoints / folder).float()
        torch.save({"model": transformer.state_dict()}, out / f"{name}.pt")
    controlled = WanVACETransformer3DModel.from_pretrained(checkpoints / "vace-fun-a14b/transformer").float()
    torch.save({"model": controlled.state_dict()}, out / "vace.pt")
