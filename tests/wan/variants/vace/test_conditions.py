from __future__ import annotations

import numpy as np
import torch

from wan.variants.vace.conditions import control_condition, fold_mask, on_white


class FirstPixel:
    """An autoencoder that keeps the first of 8 × 8 pixels of every fourth frame, in 16 channels."""

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        return video[:, :1, ::4, ::8, ::8].expand(-1, 16, -1, -1, -1)


def test_every_pixel_of_a_mask_is_a_channel_of_its_latent() -> None:
    mask = torch.zeros(1, 1, 1, 16, 24)
    mask[0, 0, 0, 3, 13] = 1  # row 3 of the first latents, column 5 of the second
    folded = fold_mask(mask, 1)
    assert folded.shape == (1, 64, 1, 2, 3)
    assert folded.nonzero().tolist() == [[0, 3 * 8 + 5, 0, 0, 1]]


def test_what_is_kept_and_what_is_made_anew_are_encoded_apart() -> None:
    video, mask = torch.full((1, 3, 5, 16, 24), 0.5), torch.zeros(1, 1, 5, 16, 24)
    mask[..., 8:] = 1
    found = control_condition(FirstPixel(), video, mask, [])
    assert found.shape == (1, 96, 2, 2, 3)
    assert found[0, 0, 0, 0].tolist() == [0.5, 0, 0]
    assert found[0, 16, 0, 0].tolist() == [0, 0.5, 0.5]
    assert found[0, 32, 0, 0].tolist() == [0, 1, 1]


def test_references_stand_in_front_in_the_order_they_were_given_in() -> None:
    video, mask = torch.zeros(1, 3, 5, 16, 24), torch.ones(1, 1, 5, 16, 24)
    pictures = [torch.full((1, 3, 1, 16, 24), value) for value in (0.25, 0.75)]
    found = control_condition(FirstPixel(), video, mask, pictures)
    assert found.shape[2] == 2 + 2
    assert found[0, 0, :2, 0, 0].tolist() == [0.25, 0.75]
    assert not bool(found[:, 16:, :2].any())


def test_a_reference_stands_whole_in_the_middle_of_white() -> None:
    found = on_white(np.zeros((10, 10, 3), np.uint8), (40, 20))
    assert found.shape == (1, 3, 1, 20, 40)
    black = found[0, 0, 0] == -1
    assert bool(black[:, 10:30].all())
    assert int(black.sum()) == 20 * 20
