"""Trains the audio encoder: every layer's features must say how loud it is just then.

The real one is a speech recogniser; a mouth of paper needs to know only how far to open. Kept are the features, not the
readers that are trained with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Wav2Vec2ForCTC

from wan.tiny import models, sounds
from wan.tiny.train.optimizer import update
from wan.tiny.train.running import Average, Budget, Log, rate
from wan.variants.s2v.audio import normalise

FEATURE_RATE = 50
LOOKS = (-4, -2, 0, 2, 4)
"""Features tell of frames that begin this many features (20 ms) earlier or later than they."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTraining:
    """What the stage needs."""

    out: Path
    budget: Budget
    batch: int = 8
    seconds: float = 3.0
    lr: float = 3e-3
    seed: int = 9
    device: str = "cpu"
    log_every: int = 25


class Listener(nn.Module):
    """The encoder with a linear reader on every layer."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = models.build_audio_encoder()
        self.readers = nn.ModuleList(nn.Linear(models.AUDIO_DIM, len(LOOKS)) for _ in range(models.AUDIO_LAYERS + 1))

    def forward(self, samples: Tensor) -> Tensor:
        """Openings `[layers, B, T, LOOKS]` that each layer reads in `[B, N]` at 16 kHz, normalised."""
        states = self.encoder.wav2vec2(samples, output_hidden_states=True).hidden_states
        return torch.stack([read(state) for read, state in zip(self.readers, states, strict=True)])


def truth_at(samples: Tensor, count: int) -> Tensor:
    """Openings `[B, count, LOOKS]` of the frames that begin near each feature's time."""
    finest = sounds.RATE // FEATURE_RATE
    squares = F.avg_pool1d(samples[:, None] ** 2, finest, finest)[:, 0]
    level = samples.pow(2).mean(-1, keepdim=True)
    padded = F.pad(squares, (8, 16))
    # a frame lasts 62.5 ms, about three features; its neighbours count half, as in `sounds.opening_of`
    frame = F.avg_pool1d(padded[:, None], 3, 1)[:, 0].div(level.clamp(min=1e-10)).sqrt()
    soft = 0.5 * frame[:, 3:-3] + 0.25 * frame[:, :-6] + 0.25 * frame[:, 6:]
    opened = (soft / sounds.FULL_OPENING).clamp(0, 1) ** sounds.CURVE
    begin = 8 - 3
    return torch.stack([opened[:, begin + look : begin + look + count] for look in LOOKS], dim=-1)


def loss_of(listener: Listener, samples: Tensor) -> Tensor:
    """The mean squared error of all layers' readings."""
    read = listener(torch.stack([normalise(one) for one in samples]))
    error: Tensor = ((read - truth_at(samples, read.shape[2])[None]) ** 2).mean()
    return error


def train_audio(config: AudioTraining) -> list[float]:
    """Runs the stage and returns the losses; writes `out/audio.pt`."""
    torch.manual_seed(config.seed)
    listener = Listener().to(config.device).train()
    average = Average(listener, 0.99)
    adam = torch.optim.AdamW(listener.parameters(), lr=config.lr, weight_decay=0.01)
    log, losses, step = Log(config.out / "audio.jsonl"), [], 0
    while (part := config.budget.part(step)) < 1.0:
        for group in adam.param_groups:
            group["lr"] = config.lr * rate(step, part, warmup=30, decay_from=0.3)
        samples = sounds.make_sounds(config.batch, config.seconds, config.seed * 10**9 + step, config.device)
        loss = loss_of(listener, samples)
        update(loss, listener, [adam])
        step += 1
        average.update(step)
        if step % config.log_every == 0 or step == 1:
            losses.append(float(loss.detach()))
            log.write(stage="audio", step=step, loss=losses[-1], seconds=config.budget.elapsed)
    average.copy_to(listener)
    torch.save({"model": listener.encoder.state_dict(), "step": step}, config.out / "audio.pt")
    return losses


def load_audio_encoder(path: Path, device: str) -> Wav2Vec2ForCTC:
    """The audio encoder of `audio.pt`, frozen."""
    encoder = models.build_audio_encoder()
    encoder.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["model"])
    return encoder.to(device).eval().requires_grad_(False)
