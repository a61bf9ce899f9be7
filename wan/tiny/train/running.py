"""What every stage shares: how far it has come, the learning rate, the averaged weights, stopping and resuming."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(slots=True)
class Budget:
    """A stage ends after `steps` or after `seconds`, whichever is given; `spent` counts what earlier runs used."""

    steps: int | None = None
    seconds: float | None = None
    spent: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError("give a budget in steps or in seconds, one of them")

    @property
    def elapsed(self) -> float:
        return self.spent + time.monotonic() - self.started

    def part(self, step: int) -> float:
        """How much of the budget is used, 0 to 1."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        assert self.seconds is not None
        return min(1.0, self.elapsed / self.seconds)


def rate(step: int, part: float, *, warmup: int, decay_from: float = 0.0) -> float:
    """Factor on the learning rate: linear warm-up, constant until `decay_from` of the budget, then a cosine to 0."""
    rise = min(1.0, (step + 1) / warmup)
    if part <= decay_from:
        return rise
    return rise * 0.5 * (1 + math.cos(math.pi * (part - decay_from) / (1 - decay_from)))


class Average:
    """An exponential moving average of a model's weights, on its device."""

    def __init__(self, model: nn.Module, decay: float = 0.999):
        self.decay = decay
        self.sources = [p for p in model.parameters() if p.requires_grad]
        self.names = [name for name, p in model.named_parameters() if p.requires_grad]
        self.weights: list[Tensor] = [p.detach().clone().float() for p in self.sources]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Moves the average towards the weights; young averages move faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.weights, [p.detach() for p in self.sources], 1 - decay)

    def state_dict(self) -> dict[str, Tensor]:
        return dict(zip(self.names, self.weights, strict=True))

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        for name, weight in zip(self.names, self.weights, strict=True):
            weight.copy_(state[name])

    @torch.no_grad()
    def copy_to(self, model: nn.Module) -> None:
        """Puts the averaged weights into a model of the same kind."""
        targets = dict(model.named_parameters())
        for name, weight in zip(self.names, self.weights, strict=True):
            targets[name].copy_(weight)


class Log:
    """Lines of JSON on the screen and in a file."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path

    def write(self, **values: Any) -> None:
        rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in values.items()}
        line = json.dumps(rounded)
        print(line, flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")


def save_resume(
    path: Path, model: nn.Module, average: Average, optimizers: list[torch.optim.Optimizer], **progress: Any
) -> None:
    """Writes everything that going on needs; the old file is replaced only when the new one is whole."""
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        **progress,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_resume(
    path: Path, model: nn.Module, average: Average, optimizers: list[torch.optim.Optimizer]
) -> dict[str, Any]:
    """Reads what `save_resume` wrote into the objects and returns the progress."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state.pop("model"))
    average.load_state_dict(state.pop("average"))
    for optimizer, saved in zip(optimizers, state.pop("optimizers"), strict=True):
        optimizer.load_state_dict(saved)
    torch.set_rng_state(state.pop("rng"))
    cuda_rng = state.pop("cuda_rng")
    if cuda_rng is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(cuda_rng)
    return state
