from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from diffusers.models.transformers.transformer_wan import WanTransformerBlock
from torch import Tensor

from wan.model import blocks
from wan.model.blocks import Modulation, attend, modulated, read_prompt, run_block

DIM, HEADS = 24, 2


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture
def block() -> Any:
    torch.manual_seed(0)
    return WanTransformerBlock(DIM, 48, HEADS, cross_attn_norm=True).eval()


def _given(tokens: int = 7) -> tuple[Tensor, Tensor, Tensor, tuple[Tensor, Tensor]]:
    """Tokens, a prompt, the step's modulation and rotary tables."""
    torch.manual_seed(1)
    angles = torch.rand(1, tokens, 1, DIM // HEADS // 2).repeat_interleave(2, dim=-1)
    return torch.randn(1, tokens, DIM), torch.randn(1, 5, DIM), torch.randn(1, 6, DIM), (angles.cos(), angles.sin())


def _modulation(block: Any, time: Tensor, *counts: int) -> Modulation:
    """`time` `[1, 6, dim]` for every kind."""
    values = (block.scale_shift_table + time)[:, None].expand(-1, len(counts), -1, -1)
    return Modulation(values, counts)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_block_in_one_precision_is_diffusers_own_to_the_bit(block: Any, dtype: torch.dtype) -> None:
    tokens, text, time, rotary = _given()
    block = block.to(dtype)
    wanted = block(tokens.to(dtype), text.to(dtype), time, rotary)
    found = run_block(block, tokens.to(dtype), text.to(dtype), _modulation(block, time, 7), rotary, dtype)
    assert torch.equal(found, wanted)


def test_fp32_tokens_through_bf16_products_come_nearer_to_fp32_than_bf16_tokens(block: Any) -> None:
    tokens, text, time, rotary = _given()
    exact = run_block(block, tokens, text, _modulation(block, time, 7), rotary, torch.float32)
    block = block.to(torch.bfloat16)
    modulation = _modulation(block, time, 7)
    wide = run_block(block, tokens, text.bfloat16(), modulation, rotary, torch.bfloat16)
    narrow = run_block(block, tokens.bfloat16(), text.bfloat16(), modulation, rotary, torch.bfloat16)
    assert wide.dtype == torch.float32
    assert float((wide - exact).norm()) < 0.5 * float((narrow.float() - exact).norm())


def test_kinds_of_tokens_have_their_own_modulation(block: Any) -> None:
    tokens, text, time, rotary = _given()
    one = run_block(block, tokens, text, _modulation(block, time, 7), rotary, torch.float32)
    same = run_block(block, tokens, text, _modulation(block, time, 3, 4), rotary, torch.float32)
    assert torch.equal(one, same)
    values = torch.stack([block.scale_shift_table + time, block.scale_shift_table], dim=1)
    both = read_prompt(block, tokens, text, Modulation(values, (3, 4)), torch.float32)
    alone = [read_prompt(block, tokens, text, Modulation(values[:, [k]], (7,)), torch.float32) for k in (0, 1)]
    assert torch.allclose(both, torch.cat([alone[0][:, :3], alone[1][:, 3:]], dim=1), atol=1e-6)


def test_a_kind_without_tokens_changes_nothing() -> None:
    values, shift, scale = torch.randn(1, 4, DIM), torch.randn(1, 2, DIM), torch.randn(1, 2, DIM)
    found = modulated(values, shift, scale, (4, 0))
    assert torch.equal(found, values * (1 + scale[:, :1]) + shift[:, :1])


def test_a_row_is_attended_to_in_one_place(block: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where several GPUs hook in: both halves of a block, in every precision, ask `attend`."""
    tokens, text, time, rotary = _given()
    asked: list[tuple[int, int]] = []

    def note(attention: Any, query: Tensor, key: Tensor, value: Tensor, *, plain: bool = False) -> Tensor:
        asked.append((query.shape[1], key.shape[1]))
        return attend(attention, query, key, value, plain=plain)

    monkeypatch.setattr(blocks, "attend", note)
    run_block(block, tokens, text, _modulation(block, time, 7), rotary, torch.float32)
    narrow = block.to(torch.bfloat16)
    run_block(narrow, tokens, text.bfloat16(), _modulation(narrow, time, 7), rotary, torch.bfloat16)
    assert asked == [(7, 7), (7, 5)] * 2
