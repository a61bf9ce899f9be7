"""S2V's transformer: velocities for noisy latents, with what does not change from step to step computed once.

Once a clip: prompts, sound tokens, the speaker's picture, the clip before, the pose, rotary tables. Once a step for
both prompts: patches, time, and the first block up to its cross-attention. The negative prompt goes with no sound;
picture, pose and the clip before are kept, as in the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wan.model.blocks import Rotary
from wan.model.compiled import block_functions
from wan.model.expert import Expert
from wan.request import Numerics
from wan.variants.s2v import blocks
from wan.variants.s2v.transformer import Sound


@dataclass(frozen=True, slots=True, eq=False)
class SpeechContext:
    """What a clip's steps share: for each prompt its projection `[1, L, dim]` and its sound; what is added to the noisy
    tokens `[1, N or 1, dim]`; the clean tokens behind them `[1, M, dim]`; cosines and sines of all."""

    texts: tuple[Tensor, ...]
    sounds: tuple[Sound, ...]
    offset: Tensor
    clean: Tensor
    rotary: Rotary


class SpeechExpert(Expert):
    """A `WanS2VTransformer3DModel`."""

    def __init__(self, model: Any, numerics: Numerics | None = None) -> None:
        super().__init__(model, numerics)
        self._functions = block_functions((numerics or Numerics()).compile, blocks)

    def clip_context(
        self,
        texts: Sequence[Tensor],
        latents: Tensor,
        *,
        audio: Tensor,
        picture: Tensor,
        motion: Tensor | None,
        pose: Tensor | None,
    ) -> SpeechContext:
        """Prepare one or two prompts `[1, L, D]` for latents of the shape of `latents` `[1, C, F, h, w]`.

        `audio` `[1, layers, D, T]`, a feature a frame; `picture` latents `[1, C, 1, h, w]`; `motion` latents of the
        clip before `[1, C, M, h, w]`, None in a first clip; `pose` latents `[1, C, F, h, w]`, None without a pose.
        """
        model, device = self.model, latents.device
        embed = model.condition_embedder.text_embedder
        heard = audio.to(device)
        sounds = [heard, torch.zeros_like(heard)][: len(texts)]
        frames, rows, columns = latents.shape[2:]
        return SpeechContext(
            texts=tuple(embed(text.to(device, self.dtype)) for text in texts),
            sounds=tuple(model.sound(sound).to(self.dtype) for sound in sounds),
            offset=model.noisy_offset(None if pose is None else pose.to(device)),
            clean=model.clean_tokens(picture.to(device), None if motion is None else motion.to(device)),
            rotary=model.rotary(frames, rows, columns, with_motion=motion is not None),
        )

    def speech_velocities(self, latents: Tensor, timestep: float, context: SpeechContext) -> list[Tensor]:
        """The velocity (noise − clean), fp32 `[1, C, F, h, w]`, of `latents` of that shape under each prompt."""
        model = self.model
        time, steps = model.condition_embedder.time(torch.tensor([timestep], device=latents.device))
        tokens = model.patches(latents) + context.offset
        noisy = tokens.shape[1]
        tokens = torch.cat([tokens, context.clean], dim=1).to(torch.float32 if self.exact else self.dtype)
        branches = self._first_block(tokens, context, steps, noisy)
        for index in range(len(model.blocks)):
            block = model.blocks[index]  # of a streamed model: brought once for all prompts
            of_block = block.scale_shift_table + steps
            for number, text in enumerate(context.texts):
                if index > 0:
                    branches[number] = self._functions.run_block(
                        block, branches[number], text, of_block, context.rotary, noisy, self.dtype
                    )
                branches[number] = model.inject(branches[number], index, context.sounds[number], noisy)
        for number, branch in enumerate(branches):
            branches[number] = model.head(branch[:, :noisy], time, model.grid(*latents.shape[2:])).float()
        return branches

    def _first_block(self, tokens: Tensor, context: Any, time: Any, noisy: int = 0) -> list[Tensor]:
        """The first block for every prompt; its self-attention is the same for all of them."""
        first, run = self.model.blocks[0], self._functions
        steps = first.scale_shift_table + time
        tokens = run.attend_to_itself(first, tokens, steps, context.rotary, noisy, self.dtype)
        return [run.read_prompt(first, tokens, text, steps, noisy, self.dtype) for text in context.texts]
