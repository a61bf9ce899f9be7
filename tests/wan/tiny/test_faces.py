from __future__ import annotations

import torch

from wan.tiny import faces


def test_about_a_sixth_of_the_looks_is_kept_for_measuring() -> None:
    looks = faces.all_looks()
    held_out = [look for look in looks if faces.is_held_out(look)]
    assert len(looks) == len(set(looks)) == (4 * 5 - 1) * 9
    assert 0.08 < len(held_out) / len(looks) < 0.28


def test_a_wider_mouth_is_more_dark_pixels_and_nothing_else_moves() -> None:
    face = faces.stage_face(faces.all_looks()[0], 3)
    video, mouth = faces.draw_faces([face], torch.tensor([[0.0, 0.5, 1.0]]), start=0)
    assert video.shape == (1, 3, 3, 128, 256)
    assert mouth.shape == (1, 1, 3, 128, 256)
    light = (video * mouth).sum((0, 1, 3, 4))
    assert light[0] > light[1] > light[2]


def test_a_shot_drawn_in_pieces_is_the_shot_drawn_at_once() -> None:
    face, opening = faces.stage_face(faces.all_looks()[7], 1), torch.rand(1, 8)
    whole = faces.draw_faces([face], opening)[0]
    assert torch.allclose(whole[:, :, 5:], faces.draw_faces([face], opening[:, 5:], start=5)[0], atol=1e-6)


def test_a_seed_stages_a_face_always_the_same_way() -> None:
    look = faces.all_looks()[5]
    assert faces.stage_face(look, 9) == faces.stage_face(look, 9) != faces.stage_face(look, 10)
