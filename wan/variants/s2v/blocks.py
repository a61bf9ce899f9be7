"""A block of S2V's transformer: WAN's, with two modulations, one for the noisy tokens and one for those that are clean.

The clean tokens (the speaker's picture and the clip before) stand behind the noisy ones and are always at timestep 0.
What is fp32 and what is not follows `wan.model.blocks`.

Shapes: tokens `[B, N, dim]`, the first `noisy` of them noisy; text `[B, L, dim]`; `steps` fp32 `[B, 2, 6, dim]`: shift,
scale and gate of either half of the block, for the noisy tokens and for the clean ones; rotary `[1, N, 1, D]` twice.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.transformers.transformer_wan import WanTransformerBlock
from torch import Tensor

from wan.model.blocks import attend_to_all, cross_attention, feed_forward
from wan.parallel.span import Rotary


class WanS2VTransformerBlock(WanTransformerBlock):  # type: ignore[misc]
    """`WanTransformerBlock` with its own modulation for clean tokens."""

    def forward(
        self, hidden_states: Tensor, encoder_hidden_states: Tensor, temb: Tensor, rotary_emb: Rotary, noisy: int
    ) -> Tensor:
        """`temb` fp32 `[B, 2, 6, dim]`; matrix products are computed in the dtype of `encoder_hidden_states`."""
        steps = self.scale_shift_table[None].float() + temb
        return run_block(
            self, hidden_states, encoder_hidden_states, steps, rotary_emb, noisy, encoder_hidden_states.dtype
        )


def run_block(
    block: Any, tokens: Tensor, text: Tensor, steps: Tensor, rotary: Rotary, noisy: int, compute: torch.dtype
) -> Tensor:
    """A whole block."""
    tokens = attend_to_itself(block, tokens, steps, rotary, noisy, compute)
    return read_prompt(block, tokens, text, steps, noisy, compute)


def attend_to_itself(
    block: Any, tokens: Tensor, steps: Tensor, rotary: Rotary, noisy: int, compute: torch.dtype
) -> Tensor:
    """The first half: self-attention."""
    normal = _modulated(block.norm1(tokens.float()), steps[:, :, 0], steps[:, :, 1], noisy).to(compute)
    attended = attend_to_all(block.attn1, normal, rotary, theirs=tokens.dtype == compute)
    return (tokens.float() + _gated(attended, steps[:, :, 2], noisy)).type_as(tokens)


def read_prompt(block: Any, tokens: Tensor, text: Tensor, steps: Tensor, noisy: int, compute: torch.dtype) -> Tensor:
    """The second half: cross-attention and feed-forward."""
    normal = block.norm2(tokens.float()).to(compute)
    if tokens.dtype == compute:
        tokens = tokens + block.attn2(normal, text, None, None)
    else:
        tokens = tokens + cross_attention(block.attn2, normal, text)
    normal = _modulated(block.norm3(tokens.float()), steps[:, :, 3], steps[:, :, 4], noisy).to(compute)
    fed = feed_forward(block.ffn, normal) if tokens.dtype != compute else block.ffn(normal)
    return (tokens.float() + _gated(fed, steps[:, :, 5], noisy)).type_as(tokens)


def _modulated(values: Tensor, shift: Tensor, scale: Tensor, noisy: int) -> Tensor:
    """`values · (1 + scale) + shift`, fp32; shift and scale `[B, 2, dim]`."""
    parts = (values[:, :noisy], values[:, noisy:])
    return torch.cat([part * (1 + scale[:, i, None]) + shift[:, i, None] for i, part in enumerate(parts)], dim=1)


def _gated(values: Tensor, gate: Tensor, noisy: int) -> Tensor:
    parts = (values[:, :noisy], values[:, noisy:])
    return torch.cat([part.float() * gate[:, i, None] for i, part in enumerate(parts)], dim=1)
