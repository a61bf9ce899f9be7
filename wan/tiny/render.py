"""Renders prompts, and whole shots clip after clip, with the shipped weights through `wan`'s own pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wan.families import FAMILIES, Family
from wan.load import load_pipeline
from wan.request import ClipRequest, Guidance, Sampling
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH
from wan.weights.checkpoint import Checkpoint

Clips = npt.NDArray[np.uint8]
UNGUIDED = Guidance(1.0, 1.0)


class Renderer(Protocol):
    """Whatever turns prompts into clips."""

    def render(
        self, prompts: Sequence[str], seeds: Sequence[int], first: Clips | None = None, last: Clips | None = None
    ) -> Tensor:
        """Clips `uint8` `[B, F, H, W, 3]`; `first` and `last` are images `[B, H, W, 3]`."""
        ...


@dataclass(frozen=True, slots=True)
class FamilyRenderer:
    """A loaded variant of the tiny family and how it samples."""

    pipeline: Any
    sampling: Sampling
    negative_prompt: str
    size: tuple[int, int] = (WIDTH, HEIGHT)

    @classmethod
    def load(
        cls,
        variant: str,
        *,
        family: Family = FAMILIES["tiny"],
        device: str = "auto",
        guidance: Guidance | None = None,
        swap_experts: bool = False,
    ) -> FamilyRenderer:
        """Loads a variant with the family's sampling.

        `guidance` replaces the family's. `swap_experts` puts each expert in the other's place; the guidance stays with
        its part of the schedule.
        """
        role = family.roles[variant]
        sampling, size = role.sampling, role.size or (WIDTH, HEIGHT)
        if sampling is None:
            raise ValueError(f"the family {family.name!r} does not say how {variant} samples")
        if guidance is not None:
            sampling = replace(sampling, guidance_scale=guidance)
        checkpoint = Checkpoint.open(family, variant)
        if swap_experts:
            parts = dict(checkpoint.components)
            parts["transformer"], parts["transformer_2"] = parts["transformer_2"], parts["transformer"]
            checkpoint = replace(checkpoint, components=parts)
        return cls(load_pipeline(variant, checkpoint, device=device), sampling, role.negative_prompt or "", size)

    def render(
        self, prompts: Sequence[str], seeds: Sequence[int], first: Clips | None = None, last: Clips | None = None
    ) -> Tensor:
        """See `Renderer`."""
        clips = []
        for i, (prompt, seed) in enumerate(zip(prompts, seeds, strict=True)):
            request = ClipRequest(
                prompt=prompt,
                width=self.size[0],
                height=self.size[1],
                num_frames=NUM_FRAMES,
                sampling=self.sampling,
                seed=seed,
                negative_prompt=self.negative_prompt,
                image=None if first is None else first[i],
                last_image=None if last is None else last[i],
            )
            state = self.pipeline.advance(self.pipeline.encode(request))
            clips.append(torch.from_numpy(self.pipeline.decode(state)))
        return torch.stack(clips)

    def render_shot(self, clips: Sequence[tuple[int, int]], *, prompt: str, seed: int, **media: Any) -> Tensor:
        """A shot of several clips (start frame, frames), each going on from what the one before carried; frames that a
        clip repeats are left out: `uint8` `[F, H, W, 3]`. `media` are further fields of `ClipRequest`."""
        pieces: list[Tensor] = []
        carried = None
        for number, (start, frames) in enumerate(clips):
            request = ClipRequest(
                prompt=prompt,
                negative_prompt=self.negative_prompt,
                width=self.size[0],
                height=self.size[1],
                num_frames=frames,
                sampling=self.sampling,
                seed=seed + number,
                start_frame=start,
                carried=carried,
                **media,
            )
            result = self.pipeline.finish(self.pipeline.advance(self.pipeline.encode(request)))
            shown = sum(len(piece) for piece in pieces)
            pieces.append(torch.from_numpy(result.frames)[shown - start :])
            carried = result.carried
        return torch.cat(pieces)
