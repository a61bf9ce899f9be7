"""TI2V-5B: from a prompt, or from a prompt and a first picture. One transformer, the 2.2 autoencoder."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from wan.frames.images import cover_lanczos
from wan.request import ClipRequest, Sampling
from wan.variants.method import Conditions, Method


class TextImageMethod(Method):
    """A first picture stands in latent frame 0, whose tokens are told timestep 0: they are clean from the start."""

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        if request.image is None:
            return {}
        first = cover_lanczos(request.image, (request.width, request.height))
        with self.parts.use("vae") as vae:
            return {"first": vae.encode(first[None])}

    def start(self, noise: Tensor, conditions: Conditions, sampling: Sampling) -> tuple[Tensor, int]:
        return self.after_step(noise, conditions), 0

    def ask(self, model: Any, latents: Tensor, timestep: float, context: Any, conditions: Conditions) -> list[Tensor]:
        clean = conditions["first"].shape[2] if "first" in conditions else 0
        velocities: list[Tensor] = model.velocities(latents, timestep, context, clean_frames=clean)
        return velocities

    def after_step(self, latents: Tensor, conditions: Conditions) -> Tensor:
        """Latent frame 0 is the picture's again, whatever the solver made of it."""
        if "first" not in conditions:
            return latents
        first = conditions["first"].to(latents)
        return torch.cat([first, latents[:, :, first.shape[2] :]], dim=2)
