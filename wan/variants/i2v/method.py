"""I2V-A14B: from a first picture, or from a first and a last one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from wan.frames.images import fit_image
from wan.request import ClipRequest
from wan.variants.i2v.condition import image_condition
from wan.variants.method import Conditions, Method


class ImageMethod(Method):
    """The condition is joined to the noisy latents, channel by channel."""

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        size = (request.width, request.height)
        assert request.image is not None, "wan.validate has refused a request without one"
        multiple = self.variant.size_multiple
        first = fit_image(request.image, size, multiple)
        last = None if request.last_image is None else fit_image(request.last_image, size, multiple)
        with self.parts.use("vae") as vae:
            return {"image": image_condition(vae, first, last, request.num_frames)}

    def ask(self, model: Any, latents: Tensor, timestep: float, context: Any, conditions: Conditions) -> list[Tensor]:
        return super().ask(model, torch.cat([latents, conditions["image"]], dim=1), timestep, context, conditions)
