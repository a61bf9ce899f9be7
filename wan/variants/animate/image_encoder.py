"""What a picture shows, in CLIP's features: the model attends to them beside the prompt."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


class ImageEncoder:
    """A `CLIPVisionModel` (ViT-H/14 of the released checkpoints, 1280 wide)."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval()

    def encode(self, picture: Tensor) -> Tensor:
        """A picture fp32 `[1, 3, H, W]` in [−1, 1] → features of the last layer but one, `[1, tokens, D]`, 257 tokens
        for a model of 224 pixels in patches of 14. No final norm, as in the reference."""
        weight = next(self.model.parameters())
        pixels = self.prepare(picture).to(weight.device, weight.dtype)
        features: Tensor = self.model(pixel_values=pixels, output_hidden_states=True).hidden_states[-2]
        return features

    def prepare(self, picture: Tensor) -> Tensor:
        """The model's input: bicubic without antialiasing to its square, the aspect not kept, CLIP's mean and
        deviation. (diffusers resizes with antialiasing and crops.)"""
        side = self.model.config.image_size
        pixels = F.interpolate(picture, size=(side, side), mode="bicubic", align_corners=False) * 0.5 + 0.5
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1).to(pixels) for values in (_MEAN, _DEVIATION))
        return (pixels - mean) / deviation
