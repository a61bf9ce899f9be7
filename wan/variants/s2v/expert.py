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

from wan.model.compiled import block_functions
from wan.model.expert import Expert
from wan.parallel.share import ALONE, Share
from wan.parallel.span import Rotary
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
    rotary: tuple[Tensor, Tensor]


class SpeechExpert(Expert):
    """A `WanS2VTransformer3DModel`."""

    def __init__(self, model: Any, numerics: Numerics | None = None, share: Share = ALONE) -> None:
        super().__init__(model, numerics, share)
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
        span, mine = self.share.span(tokens.shape[1]), self.share.prompts(len(context.texts))
        rotary, of_noise = span.cut_rotary(context.rotary), span.among(noisy)
        branches = self._first_block(span.cut(tokens), context, steps, rotary, of_noise)
        for index in range(len(model.blocks)):
            block = model.blocks[index]  # of a streamed model: brought once for all prompts
            of_block = block.scale_shift_table + steps
            for place, number in enumerate(mine):
                if index > 0:
                    branches[place] = self._functions.run_block(
                        block, branches[place], context.texts[number], of_block, rotary, of_noise, self.dtype
                    )
                branches[place] = model.inject(branches[place], index, context.sounds[number], noisy, span)
        for place, branch in enumerate(branches):
            # ranks give the same number of tokens each: those that are clean are left out when all are together
            branches[place] = model.head(branch[:, :noisy] if span.ranks == 1 else branch, time).float()
        found, grid = self.share.gather(branches, len(context.texts), span), model.grid(*latents.shape[2:])
        return [model.pixels(each[:, :noisy], grid) for each in found]

    def _first_block(self, tokens: Tensor, context: Any, time: Any, rotary: Rotary, noisy: int = 0) -> list[Tensor]:
        """The first block for every prompt that is computed here; its self-attention is the same for all of them."""
        first, run = self.model.blocks[0], self._functions
        steps = first.scale_shift_table + time
        tokens = run.attend_to_itself(first, tokens, steps, rotary, noisy, self.dtype)
        mine = self.share.prompts(len(context.texts))
        return [run.read_prompt(first, tokens, context.texts[number], steps, noisy, self.dtype) for number in mine]
