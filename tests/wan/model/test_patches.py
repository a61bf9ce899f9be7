from __future__ import annotations

import torch

from wan.model.patches import latents_of_patches, time_waves


def test_the_time_embedding_is_computed_in_double_precision() -> None:
    waves = time_waves(torch.tensor([999]), 256)
    exact = 999 * 10_000.0 ** -(torch.arange(128, dtype=torch.float64) / 128)
    assert torch.equal(waves[0, :128], exact.cos().float())
    assert torch.equal(waves[0, 128:], exact.sin().float())


def test_patches_are_put_where_they_were_cut() -> None:
    patch = (1, 2, 3)
    latents = torch.arange(2 * 4 * 3 * 4 * 6).reshape(2, 4, 3, 4, 6)
    cut = latents.unfold(2, 1, 1).unfold(3, 2, 2).unfold(4, 3, 3)  # [B, C, f, h, w, pt, ph, pw]
    rows = cut.permute(0, 2, 3, 4, 5, 6, 7, 1).flatten(4).flatten(1, 3)
    assert torch.equal(latents_of_patches(rows, (3, 2, 2), patch), latents)
