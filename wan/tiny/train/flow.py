"""The loop that trains a variant with one transformer: TI2V, S2V, Animate. What differs is a task.

Flow matching: the network sees (1 − σ)·latents + σ·noise at timestep 1000·σ and predicts noise − latents.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from wan.tiny.train.denoiser import ADAM_NAMES
from wan.tiny.train.optimizer import build_optimizers, set_rate, update
from wan.tiny.train.running import Average, Budget, Log, load_resume, rate, save_resume


class Task(Protocol):
    """A variant to train."""

    @property
    def name(self) -> str:
        """What its files are called."""
        ...

    @property
    def model(self) -> nn.Module:
        """All that is trained."""
        ...

    def draw(self, batch: int) -> Sequence[Tensor]:
        """The inputs of one step."""
        ...

    def loss(self, *inputs: Tensor) -> Tensor:
        """The loss of such inputs."""
        ...

    def compiled(self) -> Callable[..., Tensor]:
        """The loss, compiled as far as that pays."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTraining:
    """How a task is trained. A run that was interrupted goes on where it was; one with the file of a finished run in
    `out` goes on from its weights, with fresh optimizers."""

    out: Path
    budget: Budget
    batch: int = 64
    muon_lr: float = 0.02
    adam_lr: float = 1e-3
    warmup: int = 100
    decay_from: float = 0.3
    averaging: float = 0.999
    device: str = "cuda"
    compile: bool = True
    log_every: int = 100
    save_seconds: float = 60.0


def train_flow(task: Task, config: FlowTraining) -> list[float]:
    """Trains and returns the losses; goes on from `<name>_resume.pt`, or `<name>.pt`, and writes both as it goes."""
    log, losses, step = Log(config.out / f"{task.name}.jsonl"), [], 0
    path, resume = config.out / f"{task.name}.pt", config.out / f"{task.name}_resume.pt"
    if path.exists():
        saved = torch.load(path, map_location="cpu", weights_only=True)
        task.model.load_state_dict(saved["live"])
        step = saved["step"]
    average, before = Average(task.model, config.averaging), step
    optimizers = build_optimizers(task.model, muon_lr=config.muon_lr, adam_lr=config.adam_lr, adam_names=ADAM_NAMES)
    if resume.exists():
        progress = load_resume(resume, task.model, average, optimizers)
        step, before, config.budget.spent = progress["step"], progress["before"], progress["elapsed"]
    compute = task.compiled() if config.compile else task.loss
    saved_at = time.monotonic()
    while (part := config.budget.part(step - before)) < 1.0:
        set_rate(optimizers, rate(step - before, part, warmup=config.warmup, decay_from=config.decay_from))
        inputs = task.draw(config.batch)
        with torch.autocast(config.device.split(":")[0], torch.bfloat16, enabled=config.device.startswith("cuda")):
            loss = compute(*inputs)
        update(loss, task.model, optimizers)
        step += 1
        average.update(step - before)
        if step % config.log_every == 0 or step - before == 1:
            losses.append(float(loss.detach()))
            log.write(stage=task.name, step=step, part=part, loss=losses[-1], seconds=config.budget.elapsed)
        if time.monotonic() - saved_at > config.save_seconds:
            _save(path, task.model, average, step)
            progress = {"step": step, "before": before, "elapsed": config.budget.elapsed}
            save_resume(resume, task.model, average, optimizers, **progress)
            saved_at = time.monotonic()
    _save(path, task.model, average, step)
    resume.unlink(missing_ok=True)
    return losses


def _save(path: Path, model: nn.Module, average: Average, step: int) -> None:
    """Averaged weights to use, live ones to go on from, both fp16; replaced only when whole."""
    live = {name: _half(value) for name, value in model.state_dict().items()}
    averaged = {name: _half(value) for name, value in average.state_dict().items()}
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": live | averaged, "live": live, "step": step}, part)
    part.replace(path)


def _half(value: Tensor) -> Tensor:
    return value.detach().half().cpu() if value.is_floating_point() else value.detach().cpu()


def noisy(latents: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Latents at noise levels `[B]`, and the velocity to predict."""
    noise = torch.randn_like(latents)
    spread = sigma.view(-1, *[1] * (latents.ndim - 1))
    return (1 - spread) * latents + spread * noise, noise - latents


def weighted(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """The weighted mean squared error; `weight` has a mean of 1."""
    loss: Tensor = (weight * (predicted.float() - target) ** 2).mean()
    return loss
