"""What a variant adds to the loop of `wan.pipeline`: its noise, its conditions, how its transformer is asked, and how
its latents become frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from wan.frames.images import to_pixels
from wan.model.parts import Parts
from wan.model.row_major import row_major
from wan.request import ClipRequest, ExpertName, Frames, Sampling
from wan.variants import Variant
from wan.variants.named import named
from wan.variants.sizes import FRAMES_A_LATENT

Conditions = Mapping[str, Tensor]
"""Everything of a clip beside prompts and noise, by name; saved with its state."""

TRANSFORMERS: Mapping[str, str] = {"high": "transformer", "low": "transformer_2"}


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Frames uint8 `[F, H, W, 3]`, and what the next clip of the same shot goes on from, exact."""

    frames: Frames
    carried: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What is carried on in this process lies as it does when it comes out of the store."""
        object.__setattr__(self, "carried", {name: row_major(tensor) for name, tensor in self.carried.items()})


class Method:
    """One variant on loaded parts. It holds models, never a request."""

    def __init__(self, variant: Variant, parts: Parts) -> None:
        self.variant = variant
        self.parts = parts

    def check(self, request: ClipRequest) -> None:
        """Raises `RequestError` for what only this variant cannot do; sizes and general values are checked already."""

    def latent_shape(self, request: ClipRequest) -> tuple[int, ...]:
        """`[1, C, F, h, w]` of the noise."""
        return self.shape_of_latents(request, (request.num_frames - 1) // FRAMES_A_LATENT + 1)

    def shape_of_latents(self, request: ClipRequest, frames: int) -> tuple[int, ...]:
        """`[1, C, frames, h, w]` at the size of the request."""
        kind = self.variant.autoencoder
        return 1, kind.channels, frames, request.height // kind.pixels, request.width // kind.pixels

    def conditions(self, request: ClipRequest) -> dict[str, Tensor]:
        """What the clip's pictures, sounds and videos say, computed once, before the first step."""
        return {}

    def start(self, noise: Tensor, conditions: Conditions, sampling: Sampling) -> tuple[Tensor, int]:
        """The latents to begin with, fp32, and the number of steps that are left out at the start."""
        return noise, 0

    def velocities(
        self,
        expert: ExpertName,
        latents: Tensor,
        timestep: float,
        texts: Sequence[Tensor],
        conditions: Conditions,
        memo: dict[str, Any],
    ) -> list[Tensor]:
        """The velocity (noise − clean), fp32, of `latents` under each of `texts` `[1, L, D]`: the prompt, and the
        negative prompt when the step is guided. `memo` is kept while one expert serves one clip."""
        with self.parts.use(self.part_name(expert)) as model:
            if "context" not in memo:
                memo["context"] = self.context(model, texts, latents, conditions)
            return self.ask(model, latents, timestep, memo["context"], conditions)

    def context(self, model: Any, texts: Sequence[Tensor], latents: Tensor, conditions: Conditions) -> Any:
        """What all steps of one expert share, made of prompts and conditions once."""
        return model.context(texts, latents)

    def ask(self, model: Any, latents: Tensor, timestep: float, context: Any, conditions: Conditions) -> list[Tensor]:
        """The model's velocities in one step."""
        velocities: list[Tensor] = model.velocities(latents, timestep, context)
        return velocities

    def after_step(self, latents: Tensor, conditions: Conditions) -> Tensor:
        """The latents the next step starts from."""
        return latents

    def decode(self, latents: Tensor, conditions: Conditions) -> Result:
        """Frames, and what the next clip goes on from."""
        with self.parts.use("vae") as vae:
            return Result(to_pixels(vae.decode(latents)))

    def part_name(self, expert: ExpertName) -> str:
        """The transformer that serves this part of the schedule."""
        return TRANSFORMERS[expert] if self.variant.experts == 2 else "transformer"

    def fixed_noise(self, request: ClipRequest, generator: torch.Generator) -> Tensor:
        """The seed's noise, fp32, drawn on the CPU so that it is the same for every device."""
        return torch.randn(self.latent_shape(request), generator=generator, dtype=torch.float32)


def method_of(variant: Variant) -> type[Method]:
    """The class that renders a variant."""
    method: type[Method] = named(variant.method)
    return method
