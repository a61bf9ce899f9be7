"""From a prompt alone: the way of every variant whose transformers are `WanTransformer3DModel`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from wan.methods.base import Conditions, Method
from wan.request import ExpertName


class TextMethod(Method):
    """Noise in, video out."""

    def velocities(
        self,
        expert: ExpertName,
        latents: Tensor,
        timestep: float,
        texts: Sequence[Tensor],
        conditions: Conditions,
        memo: dict[str, Any],
    ) -> list[Tensor]:
        inputs = latents
        if "image" in conditions:
            inputs = torch.cat([latents, conditions["image"]], dim=1)
        with self.parts.use(self.part_name(expert)) as model:
            if "context" not in memo:
                memo["context"] = model.context(texts, latents)
            found: list[Tensor] = model.velocities(inputs, timestep, memo["context"])
        return found
