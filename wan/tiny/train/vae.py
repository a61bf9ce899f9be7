"""Trains the autoencoders on whole clips drawn on the fly, on one GPU or, under `torchrun`, on several.

`kind` 2.1 is that of T2V, I2V, S2V and Animate, 2.2 that of TI2V.
"""

from __future__ import annotations

import math
import os
import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from diffusers import AutoencoderKLWan
from torch import Tensor

from wan.tiny import models
from wan.tiny.draw import Staging, draw_batch, stage
from wan.tiny.train import sequence
from wan.tiny.train.optimizer import build_optimizers, set_rate, update
from wan.tiny.train.running import Average, Budget, Log, load_resume, rate, save_resume
from wan.tiny.train.stages import load_state
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH, held_out_scenes, training_scenes

ADAM_NAMES = ("encoder.conv_in", "decoder.conv_out", "quant_conv")
TEST_SEED = 900_000_000
NAMES = {"2.1": "vae", "2.2": "vae22"}
"""What the files of each kind begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaeTraining:
    """What the stage needs. `batch` is a GPU's; `measured` clips and batches of clips make the final figures.

    `decoder_only` goes on with what the stage wrote and leaves the latents as they are, so that a denoiser trained on
    them stays good. `frames`, `width`, `height` are small in tests only.
    """

    out: Path
    budget: Budget
    kind: str = "2.1"
    batch: int = 8
    muon_lr: float = 0.03
    adam_lr: float = 2e-3
    kl_weight: float = 3e-5
    warmup: int = 60
    seed: int = 1
    device: str = "cuda"
    compile: bool = True
    width: int = WIDTH
    height: int = HEIGHT
    frames: int = NUM_FRAMES
    measured: int = 16
    decoder_only: bool = False
    log_every: int = 50
    save_every: int = 500


def draw_training(config: VaeTraining, step: int, rank: int, ranks: int, device: str) -> tuple[Tensor, Tensor]:
    """The clips of a step, the same whether or not the run was interrupted, and where their sprites are."""
    stagings: list[Staging] = []
    for i in range(config.batch):
        number = config.seed * 10**9 + (step * ranks + rank) * config.batch + i
        rng = random.Random(number)
        stagings.append(stage(rng.choice(training_scenes()), number, anywhere=rng.random() < 0.6))
    frames = range(config.frames)
    return draw_batch(stagings, frames=frames, width=config.width, height=config.height, device=device)


def loss_of(vae: AutoencoderKLWan, video: Tensor, weight: Tensor, kl_weight: float) -> tuple[Tensor, Tensor]:
    """The training loss of clips, and their mean squared error on the 0-to-1 scale (unweighted)."""
    mean, log_variance = sequence.encode_moments(vae, video)
    mean, log_variance = mean.float(), log_variance.float()
    latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    error = sequence.decode(vae, latents.to(video.dtype)).float() - video
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
    squared = error**2
    loss = (weight * (0.5 * error.abs() + 2.0 * squared)).mean() + kl_weight * kl
    return loss, squared.detach().mean() / 4


@torch.no_grad()
def statistics(vae: AutoencoderKLWan, config: VaeTraining, device: str) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each latent channel over training clips."""
    latents = []
    for i in range(config.measured):
        video, _ = draw_training(config, 10**6 + i, 0, 1, device)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device.startswith("cuda")):
            latents.append(sequence.encode_moments(vae, video)[0].float().transpose(0, 1).flatten(1))
    together = torch.cat(latents, dim=1)
    return together.mean(1), together.std(1)


@torch.no_grad()
def measure(vae: AutoencoderKLWan, config: VaeTraining, device: str) -> float:
    """PSNR in dB on held-out clips through the deterministic path, clip by clip, averaged."""
    scenes = held_out_scenes()
    total = 0.0
    for i in range(config.measured):
        clip = [stage(scenes[(i * 37) % len(scenes)], TEST_SEED + i)]
        frames = range(config.frames)
        video, _ = draw_batch(clip, frames=frames, width=config.width, height=config.height, device=device)
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device.startswith("cuda")):
            decoded = sequence.decode(vae, sequence.encode_moments(vae, video)[0])
        total += -10 * math.log10(float(((decoded.float().clamp(-1, 1) - video) ** 2).mean()) / 4)
    return total / config.measured


def _share_gradients(vae: AutoencoderKLWan, ranks: int) -> None:
    gradients = [p.grad for p in vae.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= ranks
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()


def _all_stop(part: float, device: str, ranks: int) -> float:
    """The furthest rank's part of the budget, so that all ranks leave the loop together."""
    if ranks == 1:
        return part
    furthest = torch.tensor(part, device=device)
    dist.all_reduce(furthest, op=dist.ReduceOp.MAX)
    return float(furthest)


def _prepare_ranks(config: VaeTraining) -> tuple[int, int, str]:
    """How many processes there are, which this is, and its device; joins them."""
    ranks, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = f"{config.device}:{os.environ.get('LOCAL_RANK', '0')}" if config.device == "cuda" else config.device
    if config.device == "cuda":
        torch.cuda.set_device(device)
    if ranks > 1:
        dist.init_process_group("nccl" if config.device == "cuda" else "gloo")
    return ranks, rank, device


def _finish(vae: AutoencoderKLWan, average: Average, config: VaeTraining, device: str, step: int, log: Log) -> None:
    average.copy_to(vae)
    psnr = measure(vae, config, device)
    log.write(stage=NAMES[config.kind], step=step, held_out_psnr=psnr, seconds=config.budget.elapsed)
    state = {"model": vae.state_dict(), "step": step, "psnr": psnr, "seed": config.seed}
    path = config.out / f"{NAMES[config.kind]}.pt"
    if config.decoder_only:
        before = torch.load(path, map_location="cpu", weights_only=True)
        state |= {name: before[name] for name in ("latents_mean", "latents_std")}
    else:
        mean, std = statistics(vae, config, device)
        state |= {"latents_mean": mean.tolist(), "latents_std": std.tolist()}
    torch.save(state, path)


def _build(config: VaeTraining, device: str) -> AutoencoderKLWan:
    """The autoencoder to be trained: new, or the stage's own with all but its decoder held still."""
    vae = sequence.channels_last(models.VAE_BUILDERS[config.kind]().to(device))
    if config.decoder_only:
        vae.load_state_dict(load_state(config.out / f"{NAMES[config.kind]}.pt"))
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    return vae


def train_vae(config: VaeTraining) -> list[float]:
    """Runs the stage and returns the losses; goes on from `out/vae_resume.pt`, writes `out/vae.pt` (2.2: `vae22`)."""
    ranks, rank, device = _prepare_ranks(config)
    torch.manual_seed(config.seed)
    vae = _build(config, device)
    torch.manual_seed(config.seed + 1000 * rank)
    average = Average(vae, 0.998)
    optimizers = build_optimizers(vae, muon_lr=config.muon_lr, adam_lr=config.adam_lr, adam_names=ADAM_NAMES)
    compute = torch.compile(loss_of) if config.compile else loss_of
    name = NAMES[config.kind]
    log, losses, step, part = Log(config.out / f"{name}_{rank}.jsonl"), [], 0, 0.0
    share = partial(_share_gradients, vae, ranks) if ranks > 1 else None
    resume = config.out / f"{name}_resume.pt"
    if resume.exists():
        progress = load_resume(resume, vae, average, optimizers)
        step, config.budget.spent = progress["step"], progress["elapsed"]
    while True:
        # Ranks must agree on the rate and on the end; asking them costs a wait, so not in every step.
        if ranks == 1 or step % 10 == 0:
            part = _all_stop(config.budget.part(step), device, ranks)
        if part >= 1.0:
            break
        video, sprite = draw_training(config, step, rank, ranks, device)
        video = video.contiguous(memory_format=torch.channels_last_3d)
        set_rate(optimizers, rate(step, part, warmup=config.warmup, decay_from=0.15))
        with torch.autocast(config.device, torch.bfloat16, enabled=config.device == "cuda"):
            loss, squared = compute(vae, video, 1 + 2 * sprite, config.kl_weight)
        update(loss, vae, optimizers, share=share)
        step += 1
        average.update(step)
        if rank == 0 and (step % config.log_every == 0 or step == 1):
            losses.append(float(loss.detach()))
            measured = {"loss": losses[-1], "psnr": -10 * math.log10(float(squared)), "seconds": config.budget.elapsed}
            log.write(stage=name, step=step, part=part, **measured)
        if rank == 0 and step % config.save_every == 0:
            save_resume(resume, vae, average, optimizers, step=step, elapsed=config.budget.elapsed)
    if rank == 0:
        _finish(vae, average, config, device, step, log)
    if ranks > 1:
        dist.destroy_process_group()
    return losses
