"""A block of S2V's transformer: WAN's (`wan.model.blocks`), whose tokens are of two kinds.

The noisy tokens come first, at the timestep; the clean ones behind them (the speaker's picture and the clip before) are
always at timestep 0.
"""

from __future__ import annotations

from diffusers.models.transformers.transformer_wan import WanTransformerBlock
from torch import Tensor

from wan.model.blocks import Modulation, run_block
from wan.parallel.span import Rotary


class WanS2VTransformerBlock(WanTransformerBlock):  # type: ignore[misc]
    """`WanTransformerBlock` with its own modulation for clean tokens."""

    def forward(
        self, hidden_states: Tensor, encoder_hidden_states: Tensor, temb: Tensor, rotary_emb: Rotary, noisy: int
    ) -> Tensor:
        """Tokens `[B, N, dim]`, the first `noisy` of them noisy; `temb` fp32 `[B, 2, 6, dim]`, of noisy and clean ones.

        Matrix products are computed in the dtype of `encoder_hidden_states`.
        """
        modulation = Modulation(self.scale_shift_table[None].float() + temb, (noisy, hidden_states.shape[1] - noisy))
        return run_block(
            self, hidden_states, encoder_hidden_states, modulation, rotary_emb, encoder_hidden_states.dtype
        )
