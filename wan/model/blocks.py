"""One block of diffusers' Wan transformers (`WanTransformerBlock`), in two halves and in two precisions.

The halves meet at the cross-attention, the first thing in a block to see a prompt. When the tokens are wider than
`compute` (fp32 tokens, bf16 matrix products), the block computes as the reference does under autocast: residual stream,
modulation, norms and rotation in fp32, matrix products and attention in `compute`. Otherwise it is diffusers' own
arithmetic, bit for bit.

Shapes: tokens `[B, N, dim]`; text `[B, L, dim]`; rotary cosines and sines `[1, N, 1, D]`. Where a gang cuts
the row of tokens, all of these are of the tokens that are here, and self-attention sees the others too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from wan.model.attention import CUDNN, FLASH_3
from wan.model.exact_attention import attend_by_flash_3, by_torch, exact_attention
from wan.parallel.heads import for_ranks, send_heads, shared_with_twin, with_all_tokens
from wan.parallel.span import CutRotary, Rotary

_TEXT_TOKENS = 512  # image tokens, where a model has any, stand before these


class Modulation(NamedTuple):
    """Shift, scale and gate of either half of a block, by the time of the tokens.

    Tokens of several kinds stand in one row when some of them are free of noise, and so at timestep 0 (TI2V's first
    frame, S2V's picture). `values` fp32 `[B, kinds, 6, dim]`; `counts`: how many tokens there are of each kind, in the
    order in which they stand in the row.
    """

    values: Tensor
    counts: tuple[int, ...]


def run_block(
    block: Any, tokens: Tensor, text: Tensor, modulation: Modulation, rotary: Rotary, compute: torch.dtype
) -> Tensor:
    """A whole block."""
    tokens = attend_to_itself(block, tokens, modulation, rotary, compute)
    return read_prompt(block, tokens, text, modulation, compute)


def attend_to_itself(
    block: Any, tokens: Tensor, modulation: Modulation, rotary: Rotary, compute: torch.dtype
) -> Tensor:
    """The first half: self-attention."""
    (shift, scale, gate), counts = _three(modulation, 0), modulation.counts
    normal = modulated(block.norm1(tokens.float()), shift, scale, counts).to(compute)
    attended = self_attention(block.attn1, normal, rotary, plain=tokens.dtype == compute)
    return (tokens.float() + _gated(attended, gate, counts)).type_as(tokens)


def read_prompt(block: Any, tokens: Tensor, text: Tensor, modulation: Modulation, compute: torch.dtype) -> Tensor:
    """The second half: cross-attention and feed-forward."""
    (shift, scale, gate), counts = _three(modulation, 3), modulation.counts
    plain = tokens.dtype == compute
    normal = block.norm2(tokens.float()).to(compute)
    tokens = tokens + cross_attention(block.attn2, normal, text, plain=plain)
    normal = modulated(block.norm3(tokens.float()), shift, scale, counts).to(compute)
    fed = block.ffn(normal) if plain else feed_forward(block.ffn, normal)
    return (tokens.float() + _gated(fed, gate, counts)).type_as(tokens)


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


def self_attention(attention: Any, normal: Tensor, rotary: Rotary, *, plain: bool = False) -> Tensor:
    """`WanAttention` over the tokens themselves; queries and keys are rotated in fp32, and normalised in fp32 unless
    they are `plain`."""
    if isinstance(rotary, CutRotary):
        return _attention_across(attention, normal, rotary, plain)
    query = _rotated(_normalised(attention.norm_q, attention.to_q(normal), plain), attention.heads, rotary)
    key = _rotated(_normalised(attention.norm_k, attention.to_k(normal), plain), attention.heads, rotary)
    value = _per_head(attention.to_v(normal), attention.heads)
    mixed = attend(attention, query.to(value.dtype), key.to(value.dtype), value, plain=plain)
    out: Tensor = attention.to_out[0](mixed)
    return out


def _attention_across(attention: Any, normal: Tensor, rotary: CutRotary, plain: bool) -> Tensor:
    """`self_attention` of a row that is cut over ranks: values travel while queries are computed, queries while keys
    are."""
    heads = attention.heads
    value = for_ranks(_per_head(attention.to_v(normal), heads), rotary)
    values = _sent(value, rotary)
    query = _rotated(_normalised(attention.norm_q, attention.to_q(normal), plain), heads, rotary)
    query = for_ranks(query.to(value.dtype), rotary)
    queries = _sent(query, rotary)
    key = _rotated(_normalised(attention.norm_k, attention.to_k(normal), plain), heads, rotary)
    key = for_ranks(key.to(value.dtype), rotary)
    keys = _sent(key, rotary)
    backend, (twins, place) = attention.processor._attention_backend or "", rotary.twin or ("", 0)
    sent = [query, key, value] if rotary.ranks > 1 else []
    mixed = attend_across([queries, keys, values], sent, rotary.tokens, rotary.group, backend, plain, twins, place)
    out: Tensor = attention.to_out[0](mixed)
    return out


def _sent(by_rank: Tensor, rotary: CutRotary) -> Tensor:
    return send_heads(by_rank, rotary.group) if rotary.ranks > 1 else by_rank


@torch.library.custom_op("wan::attend_across", mutates_args=())
def attend_across(
    arriving: list[Tensor],
    sent: list[Tensor],
    tokens: int,
    group: str,
    backend: str,
    plain: bool,
    twins: str,
    place: int,
) -> Tensor:
    """`wan.parallel.heads.with_all_tokens`; `sent` are kept until they have arrived. `twins`, if any, share the heads
    of this rank."""

    def attend_whole(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend_by(backend or None, query, key, value, plain=plain)

    attend_here = shared_with_twin(attend_whole, twins, place) if twins else attend_whole
    return with_all_tokens(arriving, tokens, group, attend_here)


@attend_across.register_fake
def _(
    arriving: list[Tensor],
    sent: list[Tensor],
    tokens: int,
    group: str,
    backend: str,
    plain: bool,
    twins: str,
    place: int,
) -> Tensor:
    ranks, length, heads, width = arriving[0].shape
    return arriving[0].new_empty(1, length, ranks * heads * width)


def cross_attention(attention: Any, normal: Tensor, text: Tensor, *, plain: bool = False) -> Tensor:
    """`WanAttention` over a prompt, and over the image tokens before it where the model has weights for them."""
    heads, compute = attention.heads, normal.dtype
    query = _per_head(_normalised(attention.norm_q, attention.to_q(normal), plain).to(compute), heads)
    image = None
    if attention.add_k_proj is not None:
        image, text = text[:, :-_TEXT_TOKENS], text[:, -_TEXT_TOKENS:]
    key = _per_head(_normalised(attention.norm_k, attention.to_k(text), plain).to(compute), heads)
    mixed = attend(attention, query, key, _per_head(attention.to_v(text), heads), plain=plain)
    if image is not None:
        key = _per_head(_normalised(attention.norm_added_k, attention.add_k_proj(image), plain).to(compute), heads)
        mixed = mixed + attend(attention, query, key, _per_head(attention.add_v_proj(image), heads), plain=plain)
    out: Tensor = attention.to_out[0](mixed)
    return out


def attend(attention: Any, query: Tensor, key: Tensor, value: Tensor, *, plain: bool = False) -> Tensor:
    """Attention `[B, N, heads, D]` → `[B, N, heads · D]` by the backend that was set on the model; none: the quickest
    exact one. `plain`: by diffusers' own, whatever it is."""
    return attend_by(attention.processor._attention_backend, query, key, value, plain=plain)


def attend_by(backend: str | None, query: Tensor, key: Tensor, value: Tensor, *, plain: bool = False) -> Tensor:
    """`attend` by a backend of that name."""
    from diffusers.models.attention_dispatch import dispatch_attention_fn

    if plain:
        own: Tensor = dispatch_attention_fn(query, key, value, backend=backend)
        return own.flatten(2, 3).type_as(query)
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


def modulated(values: Tensor, shift: Tensor, scale: Tensor, counts: tuple[int, ...]) -> Tensor:
    """`values · (1 + scale) + shift`, fp32 `[B, N, dim]`, with shift and scale `[B, kinds, dim]` of each kind."""
    kinds = enumerate(torch.split(values, list(counts), dim=1))
    return _joined([rows * (1 + scale[:, kind, None]) + shift[:, kind, None] for kind, rows in kinds])


def _gated(values: Tensor, gate: Tensor, counts: tuple[int, ...]) -> Tensor:
    kinds = enumerate(torch.split(values, list(counts), dim=1))
    return _joined([rows.float() * gate[:, kind, None] for kind, rows in kinds])


def _joined(rows: list[Tensor]) -> Tensor:
    return rows[0] if len(rows) == 1 else torch.cat(rows, dim=1)


def _three(modulation: Modulation, start: int) -> tuple[Tensor, Tensor, Tensor]:
    """Shift, scale and gate, each `[B, kinds, dim]`, of the half that begins at `start`."""
    values = modulation.values
    return values[:, :, start], values[:, :, start + 1], values[:, :, start + 2]


def _normalised(norm: Any, values: Tensor, plain: bool) -> Tensor:
    """RMS norm over all heads, in fp32; `plain`: in the dtype of the values."""
    if plain:
        normal: Tensor = norm(values)
        return normal
    return F.rms_norm(values.float(), norm.normalized_shape, norm.weight.float(), norm.eps)


def _per_head(values: Tensor, heads: int) -> Tensor:
    return torch.unflatten(values, 2, (heads, -1))


def _rotated(values: Tensor, heads: int, rotary: Rotary) -> Tensor:
    """Neighbouring pairs turned by their angles, in fp32: `[B, N, dim]` → `[B, N, heads, D]`."""
    left, right = torch.unflatten(_per_head(values, heads), -1, (-1, 2)).unbind(-1)
    cosines, sines = rotary[0][..., 0::2], rotary[1][..., 1::2]
    turned = (left * cosines - right * sines, left * sines + right * cosines)
    return torch.stack(turned, dim=-1).flatten(-2)
