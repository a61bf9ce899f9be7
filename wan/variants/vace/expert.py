"""VACE's transformer: velocities for noisy latents that follow a control.

The layers are those of diffusers' `WanVACETransformer3DModel`. Beside the main blocks runs a second row of them over
the control; what each gives is added behind its main block. Here both rows advance together, so that only one of these
additions is alive at a time; the result is the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wan.model.expert import Context, Expert
from wan.parallel.span import Rotary


@dataclass(frozen=True, slots=True, eq=False)
class ControlContext(Context):
    """What a clip's steps share. `control` are its tokens `[1, N, dim]`; `scale` weighs what they add."""

    control: Tensor
    scale: float


class ControlExpert(Expert):
    """A `WanVACETransformer3DModel`."""

    def clip_context(
        self, texts: Sequence[Tensor], latents: Tensor, *, control: Tensor, scale: float
    ) -> ControlContext:
        """Prepare prompts `[1, L, D]` and the control `[1, 96, F, h, w]` for latents `[1, 16, F, h, w]`."""
        plain = self.context(texts, latents)
        tokens = self.model.vace_patch_embedding(control.to(latents.device, self.dtype)).flatten(2).transpose(1, 2)
        return ControlContext(texts=plain.texts, rotary=plain.rotary, control=tokens.contiguous(), scale=scale)

    def velocities(self, inputs: Tensor, timestep: float, context: Context, *, clean_frames: int = 0) -> list[Tensor]:
        assert isinstance(context, ControlContext)
        model = self.model
        grid = [size // patch for size, patch in zip(inputs.shape[2:], model.config.patch_size, strict=True)]
        tokens = self.embed(inputs, context)
        control = model.vace_blocks[0].proj_in(context.control)
        if self.exact:
            tokens, control = tokens.float(), control.float()
        span = self.share.span(math.prod(grid))
        tokens, control = span.cut(tokens), span.cut(control + tokens)
        rotary = span.cut_rotary(context.rotary)
        time = self._time(timestep, math.prod(grid), clean_frames * grid[1] * grid[2]).cut(span)
        mains = self._first_of(model.blocks, tokens, context, time.blocks, rotary)
        controls = self._first_of(model.vace_blocks, control, context, time.blocks, rotary)
        self._through(mains, controls, context, time.blocks, rotary)
        for place, tokens in enumerate(mains):
            mains[place] = self._head(tokens, time)
        found = self.share.gather(mains, len(context.texts), span)
        return [self._pixels(each, grid) for each in found]

    def _through(
        self, mains: list[Tensor], controls: list[Tensor], context: ControlContext, time: Tensor, rotary: Rotary
    ) -> None:
        """Every prompt through both rows, in place; their first blocks have been run. A streamed block is brought once
        for all prompts."""
        model = self.model
        beside = {main: side for side, main in enumerate(model.config.vace_layers)}
        for index in range(len(model.blocks)):
            if index > 0:
                self._run(model.blocks[index], mains, context, time, rotary)
            if index in beside:
                block = model.vace_blocks[beside[index]]
                if beside[index] > 0:
                    self._run(block, controls, context, time, rotary)
                for place, control in enumerate(controls):
                    added = block.proj_out(control.to(self.dtype)).to(mains[place].dtype)
                    mains[place] = mains[place] + added * context.scale

    def _first_of(
        self, blocks: Sequence[torch.nn.Module], tokens: Tensor, context: Context, time: Tensor, rotary: Rotary
    ) -> list[Tensor]:
        """The first block of a row for every prompt that is computed here; its self-attention is one for all."""
        block = blocks[0]
        steps = self._steps(block, time)
        attended = self._functions.attend_to_itself(block, tokens, steps, rotary, self.dtype)
        mine = [context.texts[number] for number in self.share.prompts(len(context.texts))]
        return [self._functions.read_prompt(block, attended, text, steps, self.dtype) for text in mine]

    def _run(self, block: torch.nn.Module, rows: list[Tensor], context: Context, time: Tensor, rotary: Rotary) -> None:
        """The block over the tokens of every prompt that is computed here, in place."""
        steps = self._steps(block, time)
        for place, number in enumerate(self.share.prompts(len(context.texts))):
            text = context.texts[number]
            rows[place] = self._functions.run_block(block, rows[place], text, steps, rotary, self.dtype)

    def _steps(self, block: torch.nn.Module, time: Tensor) -> Tensor:
        """The block's six modulations, one for all tokens or one a token."""
        assert isinstance(block.scale_shift_table, Tensor)
        steps = block.scale_shift_table + time
        return steps[:, 0] if steps.shape[1] == 1 else steps
