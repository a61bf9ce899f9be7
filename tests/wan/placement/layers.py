"""A model of a few layers in a list, like a transformer."""

from __future__ import annotations

import torch
from torch import nn


class Part:
    """A wrapped model of a few layers in a list, like a transformer."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model = nn.Module()
        self.model.before = nn.Linear(4, 4)
        self.model.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(5)])
        self.model.register_buffer("shift", torch.randn(4))

    def run(self, values: torch.Tensor) -> torch.Tensor:
        values = self.model.before(values) + self.model.shift
        for block in self.model.blocks:
            values = block(values)
        return values
