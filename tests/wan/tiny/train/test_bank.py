from __future__ import annotations

import torch

from wan.tiny.train.bank import condition_video, sprite_in_latents, stagings_for
from wan.tiny.world import is_held_out


def test_training_never_draws_a_held_out_scene() -> None:
    assert not any(is_held_out(staging.scene) for staging in stagings_for("t2v", range(500)))


def test_the_same_numbers_stage_the_same_clips() -> None:
    assert stagings_for("i2v", range(7, 11)) == stagings_for("i2v", range(7, 11))


def test_the_condition_is_grey_but_for_the_images_given() -> None:
    first, last = torch.ones(2, 3, 8, 8), -torch.ones(2, 3, 8, 8)
    video = condition_video(first, last, torch.tensor([True, False]), 9)
    assert (video[:, :, 0] == 1).all()
    assert (video[0, :, -1] == -1).all()
    assert (video[1, :, -1] == 0).all()
    assert (video[:, :, 1:-1] == 0).all()


def test_the_sprite_is_found_in_the_latents_grid() -> None:
    alpha = torch.zeros(1, 1, 9, 16, 16)
    alpha[0, 0, 6, 3, 12] = 1
    grid = sprite_in_latents(alpha)
    assert grid.shape == (1, 1, 3, 2, 2)
    assert grid.nonzero().tolist() == [[0, 0, 2, 0, 1]]
