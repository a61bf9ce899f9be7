"""One block of diffusers' Wan transformers (`WanTransformerBlock`), in two halves and in two precisions.

The halves meet at the cross-attention, the first thing in a block to see a prompt. When the tokens are wider than
`compute` (fp32 tokens, bf16 matrix products), the block computes as the reference does under autocast: residual stream,
modulation, norms and rotation in fp32, matrix products and attention in `compute`. Otherwise it is diffusers' own
arithmetic, bit for bit.

Shapes: tokens `[B, N, dim]`; text `[B, L, dim]`; `steps`, the six modulations, fp32 `[B, 6, dim]` or one a token
`[B, N, 6, dim]`; rotary cosines and sines `[1, N, 1, D]`. Where a gang cuts the sequence, all of these are of the
tokens that are here, and self-attention sees the others too.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from wan.model.attention import CUDNN, FLASH_3
from wan.model.exact_attention import attend_by_flash_3, by_torch, exact_attention
from wan.parallel.heads import for_ranks, send_heads, with_all_tokens
from wan.parallel.span import CutRotary, Rotary

_TEXT_TOKENS = 512  # image tokens, where a model has any, stand before these


def run_block(block: Any, tokens: Tensor, text: Tensor, steps: Tensor, rotary: Rotary, compute: torch.dtype) -> Tensor:
    """A whole block."""
    tokens = attend_to_itself(block, tokens, steps, rotary, compute)
    return read_prompt(block, tokens, text, steps, compute)


def attend_to_itself(block: Any, tokens: Tensor, steps: Tensor, rotary: Rotary, compute: torch.dtype) -> Tensor:
    """The first half: self-attention."""
    shift, scale, gate = _three(steps, 0)
    normal = (block.norm1(tokens.float()) * (1 + scale) + shift).to(compute)
    attended = attend_to_all(block.attn1, normal, rotary, theirs=tokens.dtype == compute)
    summed: Tensor = tokens.float() + attended * gate
    return summed.type_as(tokens)


def read_prompt(block: Any, tokens: Tensor, text: Tensor, steps: Tensor, compute: torch.dtype) -> Tensor:
    """The second half: cross-attention and feed-forward."""
    shift, scale, gate = _three(steps, 3)
    normal = block.norm2(tokens.float()).to(compute)
    if tokens.dtype == compute:
        tokens = tokens + block.attn2(normal, text, None, None)
    else:
        tokens = tokens + cross_attention(block.attn2, normal, text)
    normal = (block.norm3(tokens.float()) * (1 + scale) + shift).to(compute)
    fed = feed_forward(block.ffn, normal) if tokens.dtype != compute else block.ffn(normal)
    return (tokens.float() + fed.float() * gate).type_as(tokens)


def feed_forward(layers: Any, normal: Tensor) -> Tensor:
    """`FeedForward`; on a GPU the GELU is taken of the product before that is rounded and written."""
    widen = layers.net[0].proj
    if normal.is_cuda and type(widen) is torch.nn.Linear:
        wide = linear_gelu(normal.flatten(0, -2), widen.weight, widen.bias)
        out: Tensor = layers.net[2](torch.unflatten(wide, 0, normal.shape[:-1]))
        return out
    fed: Tensor = layers(normal)
    return fed


@torch.library.custom_op("wan::linear_gelu", mutates_args=())
def linear_gelu(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """GELU (tanh) of a linear layer, `[N, in]` → `[N, out]`, in one kernel."""
    # An operator of its own, since torch.compile would take it apart into two.
    return torch._addmm_activation(bias, rows, weight.t(), use_gelu=True)


@linear_gelu.register_fake
def _(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return rows.new_empty(rows.shape[0], weight.shape[0])


def attend_to_all(attention: Any, normal: Tensor, rotary: Rotary, *, theirs: bool) -> Tensor:
    """Self-attention: `theirs` is diffusers' own arithmetic, which knows no sequences that are cut."""
    if isinstance(rotary, CutRotary):
        return attention_across(attention, normal, rotary)
    attended: Tensor = attention(normal, None, None, rotary) if theirs else self_attention(attention, normal, rotary)
    return attended


def attention_across(attention: Any, normal: Tensor, rotary: CutRotary) -> Tensor:
    """`self_attention` of a sequence that is cut over ranks: the values travel while queries are computed, queries
    while keys are."""
    heads, group = attention.heads, rotary.group
    value = for_ranks(_per_head(attention.to_v(normal), heads), rotary)
    values = send_heads(value, group)
    query = _rotated(_normalised(attention.norm_q, attention.to_q(normal)), heads, rotary)
    query = for_ranks(query.to(normal.dtype), rotary)
    queries = send_heads(query, group)
    key = _rotated(_normalised(attention.norm_k, attention.to_k(normal)), heads, rotary)
    key = for_ranks(key.to(normal.dtype), rotary)
    keys = send_heads(key, group)
    backend = attention.processor._attention_backend or ""
    mixed = attend_across([queries, keys, values], [query, key, value], rotary.tokens, group, backend)
    out: Tensor = attention.to_out[0](mixed)
    return out


@torch.library.custom_op("wan::attend_across", mutates_args=())
def attend_across(arriving: list[Tensor], sent: list[Tensor], tokens: int, group: str, backend: str) -> Tensor:
    """`wan.parallel.heads.with_all_tokens`; `sent` are kept until they have arrived."""

    def attend_whole(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend_by(backend or None, query, key, value)

    return with_all_tokens(arriving, tokens, group, attend_whole)


@attend_across.register_fake
def _(arriving: list[Tensor], sent: list[Tensor], tokens: int, group: str, backend: str) -> Tensor:
    ranks, length, heads, width = arriving[0].shape
    return arriving[0].new_empty(1, length, ranks * heads * width)


def self_attention(attention: Any, normal: Tensor, rotary: Rotary) -> Tensor:
    """`WanAttention` over the tokens themselves; queries and keys are normalised and rotated in fp32."""
    query = _rotated(_normalised(attention.norm_q, attention.to_q(normal)), attention.heads, rotary)
    key = _rotated(_normalised(attention.norm_k, attention.to_k(normal)), attention.heads, rotary)
    value = _per_head(attention.to_v(normal), attention.heads)
    mixed = attend(attention, query.to(value.dtype), key.to(value.dtype), value)
    out: Tensor = attention.to_out[0](mixed)
    return out


def cross_attention(attention: Any, normal: Tensor, text: Tensor) -> Tensor:
    """`WanAttention` over a prompt, and over the image tokens before it where the model has weights for them."""
    heads, compute = attention.heads, normal.dtype
    query = _per_head(_normalised(attention.norm_q, attention.to_q(normal)).to(compute), heads)
    image = None
    if attention.add_k_proj is not None:
        image, text = text[:, :-_TEXT_TOKENS], text[:, -_TEXT_TOKENS:]
    key = _per_head(_normalised(attention.norm_k, attention.to_k(text)).to(compute), heads)
    mixed = attend(attention, query, key, _per_head(attention.to_v(text), heads))
    if image is not None:
        key = _per_head(_normalised(attention.norm_added_k, attention.add_k_proj(image)).to(compute), heads)
        mixed = mixed + attend(attention, query, key, _per_head(attention.add_v_proj(image), heads))
    out: Tensor = attention.to_out[0](mixed)
    return out


def attend(attention: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention `[B, N, heads, D]` → `[B, N, heads · D]` by the backend that was set on the model; none: the quickest
    exact one."""
    return attend_by(attention.processor._attention_backend, query, key, value)


def attend_by(backend: str | None, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """`attend` by a backend of that name."""
    from diffusers.models.attention_dispatch import dispatch_attention_fn

    if backend is None:
        return exact_attention(query, key, value).flatten(2, 3)
    if backend == FLASH_3:
        quick: Tensor = attend_by_flash_3(query, key, value)
        return quick.flatten(2, 3)
    if backend == CUDNN:
        # diffusers copies all three to another layout first, and the result back
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
            return by_torch(query, key, value).flatten(2, 3)
    mixed = dispatch_attention_fn(query, key, value, backend=backend)
    joined: Tensor = mixed.flatten(2, 3).to(value.dtype)
    return joined


def _three(steps: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
    """Shift, scale and gate, each broadcast over the tokens."""
    if steps.ndim == 4:
        return steps[:, :, start], steps[:, :, start + 1], steps[:, :, start + 2]
    return (
        steps[:, start : start + 1],
        steps[:, start + 1 : start + 2],
        steps[:, start + 2 : start + 3],
    )


def _normalised(norm: Any, values: Tensor) -> Tensor:
    """RMS norm over all heads, in fp32."""
    return F.rms_norm(values.float(), norm.normalized_shape, norm.weight.float(), norm.eps)


def _per_head(values: Tensor, heads: int) -> Tensor:
    return torch.unflatten(values, 2, (heads, -1))


def _rotated(values: Tensor, heads: int, rotary: Rotary) -> Tensor:
    """Neighbouring pairs turned by their angles, in fp32: `[B, N, dim]` → `[B, N, heads, D]`."""
    left, right = torch.unflatten(_per_head(values, heads), -1, (-1, 2)).unbind(-1)
    cosines, sines = rotary[0][..., 0::2], rotary[1][..., 1::2]
    turned = (left * cosines - right * sines, left * sines + right * cosines)
    return torch.stack(turned, dim=-1).flatten(-2)
