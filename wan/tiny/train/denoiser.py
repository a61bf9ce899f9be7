"""Trains the two experts of T2V or I2V: one network on the whole schedule, forked, each fork on its own part.

Flow matching: the network sees (1 − σ)·latents + σ·noise at timestep 1000·σ and predicts noise − latents.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor

from wan.tiny import models
from wan.tiny.train.bank import WORDINGS, Bank, build_bank
from wan.tiny.train.optimizer import build_optimizers, set_rate, update
from wan.tiny.train.running import Average, Budget, Log, load_resume, rate, save_resume
from wan.tiny.train.stages import load_encoder, load_text_encoder
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH

ADAM_NAMES = ("patch_embedding", "proj_out", "condition_embedder", "scale_shift_table")
BOUNDARY = {"t2v": 0.875, "i2v": 0.900}
CHANNELS = {"t2v": models.LATENT_CHANNELS, "i2v": models.I2V_CHANNELS}
PHASES = (("base", 0.45), ("high", 0.70), ("low", 1.0))
"""Name of each phase and the part of the budget at which it ends."""
NO_CAPTION, WRONG_CAPTION, PARTIAL_CAPTION = 0.12, 0.22, 0.08
"""Shares of training steps' captions. Wrong ones keep an unguided sample honest: it follows its caption as often as
training did; guidance, which weighs the caption against none, puts it right."""
SPRITE_WEIGHT = 3.0
"""How much more the loss counts where the sprite is; its optimum stays where it was."""


class HasCaptions(Protocol):
    """A bank with caption embeddings, `WORDINGS` + 1 a clip, and with those of saying nothing."""

    @property
    def text(self) -> Tensor: ...

    @property
    def nothing(self) -> Tensor: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserTraining:
    """What the stage needs; `out` holds `vae.pt` and `text.pt` of the stages before."""

    task: str
    out: Path
    budget: Budget
    batch: int = 64
    clips: int = 6144
    bank_batch: int = 16
    flow_shift: float = 5.0
    muon_lr: float = 0.02
    adam_lr: float = 1e-3
    warmup: int = 100
    seed: int = 2
    device: str = "cuda"
    compile: bool = True
    width: int = WIDTH
    height: int = HEIGHT
    frames: int = NUM_FRAMES
    log_every: int = 100
    save_every: int = 1000


def sigma_of(part: Tensor, flow_shift: float) -> Tensor:
    """The schedule's σ at a part of the way, 0 to 1."""
    return flow_shift * part / (1 + (flow_shift - 1) * part)


def part_of(sigma: float, flow_shift: float) -> float:
    """The inverse of `sigma_of`."""
    return sigma / (flow_shift - (flow_shift - 1) * sigma)


def phase_at(part: float) -> int:
    """Index of the phase that a part of the budget belongs to."""
    return next(i for i, (_, end) in enumerate(PHASES) if part < end or end == 1.0)


def draw_sigmas(count: int, phase: str, task: str, flow_shift: float, device: str) -> Tensor:
    """Noise levels as sampling meets them, from the phase's part of the schedule."""
    edge = part_of(BOUNDARY[task], flow_shift)
    low, high = {"base": (0.0, 1.0), "high": (edge, 1.0), "low": (0.0, edge)}[phase]
    return sigma_of(low + (high - low) * torch.rand(count, device=device), flow_shift)


def draw_text(bank: HasCaptions, picked: Tensor) -> Tensor:
    """Embeddings for clips `picked` `[B]`: mostly their captions, sometimes another's, a partial one, or none."""
    batch, device = len(picked), picked.device
    chance = torch.rand(batch, device=device)
    wrong = chance < WRONG_CAPTION
    partial = (chance >= WRONG_CAPTION) & (chance < WRONG_CAPTION + PARTIAL_CAPTION)
    whose = torch.where(wrong, torch.randint(len(bank.text), (batch,), device=device), picked)
    which = torch.randint(WORDINGS, (batch,), device=device).masked_fill(partial, WORDINGS)
    text = bank.text[whose, which].float()
    none = bank.nothing[torch.randint(len(bank.nothing), (batch,), device=device)].float()
    drop = torch.rand(batch, device=device) < NO_CAPTION
    return torch.where(drop[:, None, None], none, text)


def loss_of(
    transformer: WanTransformer3DModel, noisy: Tensor, sigma: Tensor, text: Tensor, target: Tensor, weight: Tensor
) -> Tensor:
    """The weighted squared error of the predicted velocity."""
    predicted = transformer(noisy, sigma * 1000, text, return_dict=False)[0]
    loss: Tensor = (weight * (predicted.float() - target) ** 2).mean()
    return loss


def draw_batch(bank: Bank, config: DenoiserTraining, phase: str) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Noisy input, σ, text, target and weight of one step."""
    picked = torch.randint(len(bank.latents), (config.batch,), device=bank.latents.device)
    latents = bank.latents[picked].float()
    sigma = draw_sigmas(config.batch, phase, config.task, config.flow_shift, config.device)
    noise = torch.randn_like(latents)
    spread = sigma[:, None, None, None, None]
    noisy = (1 - spread) * latents + spread * noise
    if bank.condition is not None:
        noisy = torch.cat([noisy, bank.condition[picked].float()], dim=1)
    weight = 1 + SPRITE_WEIGHT * bank.sprite[picked].float()
    return noisy, sigma, draw_text(bank, picked), noise - latents, weight / weight.mean()


def _optimizers(model: WanTransformer3DModel, config: DenoiserTraining) -> list[torch.optim.Optimizer]:
    return build_optimizers(model, muon_lr=config.muon_lr, adam_lr=config.adam_lr, adam_names=ADAM_NAMES)


def _rate(phase: int, step: int, part: float, warmup: int) -> float:
    """The base keeps its rate; each expert starts at it and ends at 0."""
    start = PHASES[phase - 1][1] if phase else 0.0
    within = (part - start) / (PHASES[phase][1] - start)
    return rate(step, within, warmup=warmup, decay_from=1.0 if phase == 0 else 0.1)


def train_denoiser(config: DenoiserTraining) -> list[float]:
    """Runs the stage and returns the losses; goes on from `<task>_resume.pt`, writes `<task>_{base,high,low}.pt`."""
    task, out = config.task, config.out
    torch.manual_seed(config.seed)
    log, losses = Log(out / f"{task}.jsonl"), []
    bank = _build_bank(config)
    log.write(stage=task, clips=config.clips, bank_seconds=config.budget.elapsed)
    transformer = models.build_transformer(CHANNELS[task]).to(config.device)
    average, optimizers = Average(transformer), _optimizers(transformer, config)
    compute = torch.compile(loss_of) if config.compile else loss_of
    step = phase = phase_step = 0
    resume = out / f"{task}_resume.pt"
    if resume.exists():
        progress = load_resume(resume, transformer, average, optimizers)
        step, phase, phase_step = progress["step"], progress["phase"], progress["phase_step"]
        config.budget.spent = progress["elapsed"]
    while (part := config.budget.part(step)) < 1.0:
        if phase_at(part) > phase:
            _finish_phase(out, task, phase, transformer, average, step)
            phase, phase_step = phase + 1, 0
            _start_from_base(out, task, transformer)
            average, optimizers = Average(transformer), _optimizers(transformer, config)
        noisy, sigma, text, target, weight = draw_batch(bank, config, PHASES[phase][0])
        set_rate(optimizers, _rate(phase, phase_step, part, config.warmup))
        with torch.autocast(config.device, torch.bfloat16, enabled=config.device == "cuda"):
            loss = compute(transformer, noisy, sigma, text, target, weight)
        update(loss, transformer, optimizers)
        step, phase_step = step + 1, phase_step + 1
        average.update(phase_step)
        if step % config.log_every == 0 or step == 1:
            losses.append(float(loss.detach()))
            seconds = config.budget.elapsed
            log.write(stage=task, phase=PHASES[phase][0], step=step, part=part, loss=losses[-1], seconds=seconds)
        if step % config.save_every == 0:
            progress = {"step": step, "phase": phase, "phase_step": phase_step, "elapsed": config.budget.elapsed}
            save_resume(resume, transformer, average, optimizers, **progress)
    _finish_phase(out, task, phase, transformer, average, step)
    return losses


def _build_bank(config: DenoiserTraining) -> Bank:
    return build_bank(
        config.task,
        load_encoder(config.out / "vae.pt", config.device, compile_it=config.compile),
        load_text_encoder(config.out / "text.pt", config.device),
        clips=config.clips,
        seed=config.seed * 10**9,
        batch=config.bank_batch,
        device=config.device,
        width=config.width,
        height=config.height,
        frames=config.frames,
    )


def _finish_phase(
    out: Path, task: str, phase: int, transformer: WanTransformer3DModel, average: Average, step: int
) -> None:
    average.copy_to(transformer)
    torch.save({"model": transformer.state_dict(), "step": step}, out / f"{task}_{PHASES[phase][0]}.pt")


def _start_from_base(out: Path, task: str, transformer: WanTransformer3DModel) -> None:
    saved = torch.load(out / f"{task}_base.pt", map_location="cpu", weights_only=True)
    transformer.load_state_dict(saved["model"])
