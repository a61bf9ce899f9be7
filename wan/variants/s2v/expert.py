"""S2V's transformer: velocities for noisy latents, with what does not change from step to step computed once.

Once a clip: prompts, sound tokens, the speaker's picture, the clip before, the pose, rotary tables. The negative prompt
goes with no sound; picture, pose and the clip before are kept, as in the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wan.model.expert import Context, Expert, Time
from wan.model.loop import Hook, Step
from wan.variants.s2v.transformer import Sound


@dataclass(frozen=True, slots=True, eq=False)
class SpeechContext(Context):
    """What a clip's steps share: beside prompts and rotary tables the sound of each prompt, what is added to the noisy
    tokens `[1, N or 1, dim]`, and the clean tokens behind them `[1, M, dim]`."""

    sounds: tuple[Sound, ...]
    offset: Tensor
    clean: Tensor


class SpeechExpert(Expert):
    """A `WanS2VTransformer3DModel`."""

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
        heard = audio.to(device)
        sounds = [heard, torch.zeros_like(heard)][: len(texts)]
        frames, rows, columns = latents.shape[2:]
        return SpeechContext(
            texts=self.project(texts, device),
            rotary=model.rotary(frames, rows, columns, with_motion=motion is not None),
            sounds=tuple(model.sound(sound).to(self.dtype) for sound in sounds),
            offset=model.noisy_offset(None if pose is None else pose.to(device)),
            clean=model.clean_tokens(picture.to(device), None if motion is None else motion.to(device)),
        )

    def embed(self, inputs: Tensor, context: Context) -> Tensor:
        assert isinstance(context, SpeechContext)
        return torch.cat([self.model.patches(inputs) + context.offset, context.clean], dim=1)

    def time(self, timestep: float, context: Context, tokens: int, *, clean: int) -> Time:
        """The clean tokens stand behind the noisy ones; the head sees the noisy ones alone."""
        assert isinstance(context, SpeechContext)
        assert clean == 0, "no latent frame of S2V is known beforehand"
        moment = torch.tensor([timestep], device=self.model.scale_shift_table.device)
        head, blocks = self.model.condition_embedder.time(moment)
        behind = context.clean.shape[1]
        return Time(head[None], blocks, (tokens - behind, behind))

    def beside(self, tokens: Tensor, context: Context, step: Step) -> Hook:
        """Behind some blocks the noisy tokens hear the sound of their frame."""
        assert isinstance(context, SpeechContext)
        sounds, model, noisy = context.sounds, self.model, step.span.tokens - context.clean.shape[1]

        def hear(index: int, branches: list[Tensor]) -> None:
            if not model.hears(index):
                return
            for place, prompt in enumerate(step.mine):
                branches[place] = model.inject(branches[place], index, sounds[prompt], noisy, step.span)

        return hear

    def head(self, tokens: Tensor, time: Time, counts: tuple[int, ...]) -> Tensor:
        patches: Tensor = self.model.head(tokens, time.head[0])
        return patches.float()
