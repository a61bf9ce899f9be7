"""VACE's transformer: velocities for noisy latents that follow a control.

The layers are those of diffusers' `WanVACETransformer3DModel`. Beside the main blocks runs a second row of them over
the control. What each gives is added behind its main block. Both rows advance together, so that only one of these
additions is alive at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from wan.model.expert import Context, Expert
from wan.model.loop import Hook, Step


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

    def beside(self, tokens: Tensor, context: Context, step: Step) -> Hook:
        """The row of the control: it begins as its own tokens and the video's, and parts at its first block too."""
        assert isinstance(context, ControlContext)
        model, scale = self.model, context.scale
        number = {main: side for side, main in enumerate(model.config.vace_layers)}
        control = model.vace_blocks[0].proj_in(step.span.cut(context.control))
        controls = [control.to(tokens.dtype) + tokens]

        def add(index: int, branches: list[Tensor]) -> None:
            if index not in number:
                return
            block = model.vace_blocks[number[index]]
            step.run(block, controls, first=number[index] == 0)
            for place, control in enumerate(controls):
                added = block.proj_out(control.to(self.dtype)).to(branches[place].dtype)
                branches[place] = branches[place] + added * scale

        return add
