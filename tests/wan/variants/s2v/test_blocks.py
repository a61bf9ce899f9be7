from __future__ import annotations

import torch

from wan.variants.s2v.blocks import WanS2VTransformerBlock


@torch.no_grad()
def test_clean_tokens_have_a_modulation_of_their_own() -> None:
    torch.manual_seed(0)
    block = WanS2VTransformerBlock(24, 48, 2, cross_attn_norm=True).eval()
    tokens, text, time = torch.randn(1, 7, 24), torch.randn(1, 5, 24), torch.randn(1, 2, 6, 24)
    angles = torch.rand(1, 7, 1, 6).repeat_interleave(2, dim=-1)
    rotary = (angles.cos(), angles.sin())
    apart = block(tokens, text, time, rotary, 4)
    alike = block(tokens, text, time[:, :1].expand(-1, 2, -1, -1), rotary, 4)
    assert not torch.allclose(apart[:, 4:], alike[:, 4:], atol=1e-3)
    whole = super(WanS2VTransformerBlock, block).forward(tokens, text, time[:, 0], rotary)
    assert torch.allclose(alike, whole, atol=1e-5)
