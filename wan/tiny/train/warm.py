"""A start from another trained transformer: what has the same place and shape is taken over, the rest stays fresh."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from wan.tiny.train.stages import load_state

FRESH = ("patch_embedding", "proj_out")
"""They read and write latents, which are of another kind."""
_NARROWED = re.compile(r"(blocks\.\d+\.ffn\.net)\.(?:0\.proj\.weight|0\.proj\.bias|2\.weight)")


@torch.no_grad()
def start_from(
    model: nn.Module, path: Path, *, fresh: tuple[str, ...] = FRESH, same_as: Callable[[str], str] = str
) -> list[str]:
    """Gives `model` the weights of the transformer in `path` and returns the names of those that stay fresh.

    `fresh` begin the names of what is not taken over, `same_as` names the other transformer's weight for one of ours.
    Of a wider feed-forward network the neurons that say most are kept. Raises `ValueError` when nothing fits.
    """
    theirs, kept = load_state(path), {}
    own = dict(model.named_parameters())
    for name, weight in own.items():
        source = same_as(name)
        if source not in theirs or name.startswith(fresh):
            continue
        if (fitted := _fitted(source, theirs, weight)) is not None:
            kept[name] = fitted
    if not kept:
        raise ValueError(f"{path} holds no transformer that this one could start from")
    for name, value in kept.items():
        own[name].copy_(value)
    return [name for name in own if name not in kept]


def _fitted(name: str, theirs: Mapping[str, Tensor], weight: Tensor) -> Tensor | None:
    given = theirs[name]
    if given.shape == weight.shape:
        return given
    if not (place := _NARROWED.fullmatch(name)):
        return None
    inner = theirs[f"{place[1]}.0.proj.weight"], theirs[f"{place[1]}.2.weight"]
    says = inner[0].norm(dim=1) * inner[1].norm(dim=0)
    side = weight.shape.index(next(own for own, other in zip(weight.shape, given.shape, strict=True) if own != other))
    best = says.topk(min(weight.shape[side], len(says))).indices.sort().values
    narrowed = given.index_select(side, best)
    return narrowed if narrowed.shape == weight.shape else None
