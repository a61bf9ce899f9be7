"""Goes on with Animate where there is no GPU: windows of clips, each in its place in time and space.

A window is the reference and a latent frame, or columns of two. Positions reach the network through its rotary table
alone, so a window of a short clip can stand anywhere in a long one: a step costs a tenth of a whole clip's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wan.tiny import figures
from wan.tiny.train.animate import FIGURE_WEIGHT, FLOW_SHIFT, NO_CAPTION, AnimateBank, AnimateModel, build_animate_bank
from wan.tiny.train.denoiser import sigma_of
from wan.tiny.train.flow import noisy, weighted
from wan.tiny.train.stages import load_encoder
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH

WINDOW, SHORT_FRAMES, COLUMNS = 1, 9, 32
"""Latent frames of a window, frames of the clips it is from, and its width in latents."""
CLIP_LATENTS = (NUM_FRAMES - 1) // 4 + 1
BEGINNING_SHARE = 0.3
"""Share of windows at a clip's beginning, where it may go on from another."""


@dataclass(slots=True, kw_only=True)
class WindowTask:
    """See `wan.tiny.train.flow.Task`. `grey` is the condition's latents where nothing is known `[1, 16, f, h, w]`."""

    bank: AnimateBank
    grey: Tensor
    model: AnimateModel
    turns: tuple[Tensor, Tensor]
    reference_at: Tensor
    clip_at: Tensor
    name: str = "animate"

    def draw(self, batch: int) -> tuple[Tensor, ...]:
        """As `AnimateTask.draw`, which latent frames the inputs are `[1 + WINDOW]`, and of which clips."""
        bank = self.bank
        picked = torch.randint(len(bank.latents), (batch,))
        beginning = float(torch.rand(())) < BEGINNING_SHARE
        place = 1 if beginning else int(torch.randint(2, CLIP_LATENTS - WINDOW + 2, ()))
        first = 0 if beginning else 1
        sigma = sigma_of(torch.rand(batch), FLOW_SHIFT)
        condition = bank.condition[picked].float()
        if place > 2:
            condition[:, 4:, 1 + first :] = self.grey[:, :, place - 1 : place - 1 + WINDOW]
        mixed, target = noisy(self._cut(bank.latents[picked].float(), picked, first), sigma)
        inputs = torch.cat([mixed, self._cut(condition, picked, first)], dim=1)
        none = bank.nothing[torch.randint(len(bank.nothing), (batch,))]
        text = torch.where((torch.rand(batch) < NO_CAPTION)[:, None, None], none, bank.text[picked]).float()
        opening = bank.opening[picked][:, 4 * first : 4 * first + 4 * WINDOW - 3].float()
        weight = 1 + FIGURE_WEIGHT * self._cut(bank.figure[picked].float(), picked, first)
        weight[:, :, 0] *= 0.1  # the reference's slot is thrown away
        tokens = self.model.image_encoder(
            pixel_values=bank.image[picked].float(), output_hidden_states=True
        ).hidden_states[-2]
        pose = bank.pose[picked].float()
        pose = self._cut(torch.cat([pose[:, :, :1], pose], dim=2), picked, first)[:, :, 1:]
        frames = torch.tensor([0, *range(place, place + WINDOW)])
        face = figures.draw_driving_face(opening)
        return inputs, sigma, text, tokens, pose, face, target, weight / weight.mean(), frames, picked

    def _cut(self, values: Tensor, picked: Tensor, first: int) -> Tensor:
        """Of `[B, C, 1 + f, h, w]` the reference's columns and those of `WINDOW` frames from `first` on."""
        windows = []
        for one, reference, clip in zip(values, self.reference_at[picked], self.clip_at[picked], strict=True):
            known = one[:, :1, :, reference : reference + COLUMNS]
            shown = one[:, 1 + first : 1 + first + WINDOW, :, clip : clip + COLUMNS]
            windows.append(torch.cat([known, shown], dim=1))
        return torch.stack(windows)

    def _turns_at(self, table: Tensor, frames: Tensor, picked: Tensor) -> Tensor:
        """The rotary table's rows `[B, N, 1, d]` of the windows' tokens."""
        grid = table.view(1 + CLIP_LATENTS, HEIGHT // 16, WIDTH // 16, *table.shape[2:])[frames]
        windows = []
        for reference, clip in zip(self.reference_at[picked] // 2, self.clip_at[picked] // 2, strict=True):
            half = COLUMNS // 2
            windows.append(torch.cat([grid[:1, :, reference : reference + half], grid[1:, :, clip : clip + half]]))
        return torch.stack(windows).flatten(1, 3)

    def loss(self, *inputs: Tensor) -> Tensor:
        """The weighted squared error of the predicted velocity."""
        mixed, sigma, text, tokens, pose, face, target, weight, frames, picked = inputs
        transformer: Any = self.model.transformer
        tables = tuple(self._turns_at(table, frames, picked) for table in self.turns)
        transformer.rope.forward = lambda _: tables
        predicted = transformer(
            mixed, sigma * 1000, text, encoder_hidden_states_image=tokens, pose_hidden_states=pose,
            face_pixel_values=face, motion_encode_batch_size=len(face) * face.shape[2], return_dict=False,
        )[0]  # fmt: skip
        return weighted(predicted, target, weight)

    def compiled(self) -> Callable[..., Tensor]:
        """The loss as it is."""
        return self.loss


def window_task(out: Path, *, clips: int, seed: int, batch: int, device: str) -> WindowTask:
    """The task on a new bank of short clips; on a CPU only."""
    bank = build_animate_bank(out, clips=clips, seed=seed, batch=batch, device=device, frames=SHORT_FRAMES)
    encoder = load_encoder(out / "vae.pt", device, compile_it=False)
    grey = encoder.encode(torch.zeros(1, 3, NUM_FRAMES, HEIGHT, WIDTH))
    model = AnimateModel()
    whole = torch.zeros(1, 16, 1 + CLIP_LATENTS, HEIGHT // 8, WIDTH // 8)
    return WindowTask(
        bank=bank, grey=grey, model=model, turns=model.transformer.rope(whole),
        reference_at=_columns_of(bank.figure[:, :, :1]), clip_at=_columns_of(bank.figure[:, :, 1:]),
    )  # fmt: skip


def _columns_of(figure: Tensor) -> Tensor:
    """Where windows around figures `[N, 1, f, h, w]` begin, `[N]`, even."""
    where = torch.arange(figure.shape[-1], dtype=torch.float32)
    weight = figure.float().sum((1, 2, 3))
    middle = (weight * where).sum(1) / weight.sum(1).clamp(min=1e-6)
    return ((middle - COLUMNS / 2) / 2).round().long().mul(2).clamp(0, figure.shape[-1] - COLUMNS)
