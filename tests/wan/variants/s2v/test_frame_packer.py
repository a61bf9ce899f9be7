from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.variants.s2v.frame_packer import FramePacker


def packer() -> FramePacker:
    torch.manual_seed(0)
    return FramePacker(4, 6, (1, 2, 4)).eval()


@torch.no_grad()
def test_older_frames_become_fewer_tokens() -> None:
    tokens = packer()(torch.randn(1, 4, 7, 8, 16))
    assert tokens.shape == (1, 4 * 8 + 2 * 4 + 1 * 2, 6)


@torch.no_grad()
def test_the_nearest_frame_comes_first() -> None:
    model, latents = packer(), torch.zeros(1, 4, 7, 8, 8)
    empty = model(latents)
    latents[:, :, -1] = 1
    changed = (model(latents) != empty).any(dim=-1)[0]
    assert changed.nonzero().flatten().tolist() == list(range(16))


@pytest.mark.parity
@torch.no_grad()
def test_the_clip_before_becomes_the_references_tokens(parity: Any, reference: Any) -> None:
    data = parity["s2v_model"]
    assert data.error("out.framepack_tokens", reference.frame_packer(data.tensors["in.motion_latents"])) <= 1e-4
