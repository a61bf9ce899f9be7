from __future__ import annotations

import torch

from wan.tiny.controls import box_mask, silhouette


def moving() -> torch.Tensor:
    """A sprite of 4 × 6 pixels that moves 10 to the right in three frames of 60 × 80."""
    alpha = torch.zeros(3, 60, 80)
    for frame in range(3):
        alpha[frame, 20:24, 30 + 5 * frame : 36 + 5 * frame] = 1
    return alpha


def test_a_silhouette_is_white_where_the_sprite_is() -> None:
    found = silhouette(moving() * 0.5)
    assert found.shape == (3, 60, 80, 3)
    assert found[1, 21, 36].tolist() == [128] * 3
    assert not found[1, 21, 30].any()


def test_a_mask_is_one_box_around_the_whole_way() -> None:
    found = box_mask(moving(), margin=10)
    assert (found[0] == found[2]).all()
    rows, columns = (found[0, :, :, 0] == 255).nonzero()
    assert (rows.min(), rows.max()) == (10, 33)
    assert (columns.min(), columns.max()) == (20, 55)


def test_a_mask_ends_with_the_picture() -> None:
    assert (box_mask(moving(), margin=100) == 255).all()
