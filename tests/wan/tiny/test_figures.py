from __future__ import annotations

import random

import torch

from wan.tiny import figures


def test_limbs_keep_their_lengths_whatever_the_dance() -> None:
    dances = [figures.random_motion(seed) for seed in range(5)]
    joints = figures.joints_of(dances, range(40))
    sizes = torch.tensor([dance.size for dance in dances])[:, None]
    for limb, lengths in zip(figures.LIMBS, (figures.ARM, figures.ARM, figures.LEG, figures.LEG), strict=True):
        for start, end, length in zip(limb, limb[1:], lengths, strict=False):
            assert torch.allclose((joints[:, :, end] - joints[:, :, start]).norm(dim=-1), length * sizes, atol=1e-5)


def test_dances_stay_in_the_picture_and_move() -> None:
    joints = figures.joints_of([figures.random_motion(seed) for seed in range(200)], range(0, 200, 5))
    assert joints[..., 1].max() < 1.08
    assert ((joints[..., 0] > 0) & (joints[..., 0] < 16 / 9)).float().mean() > 0.999
    assert joints.std(dim=1).mean() > 0.01


def test_looks_for_measuring_are_never_those_of_training() -> None:
    rng = random.Random(1)
    assert all(figures.is_held_out(figures.random_look(rng, held_out=True)) for _ in range(20))
    assert not any(figures.is_held_out(figures.random_look(rng, held_out=False)) for _ in range(20))
    assert all(len(set(look.parts)) == 6 for look in figures.all_looks())
    assert 0.08 < sum(map(figures.is_held_out, figures.all_looks())) / len(figures.all_looks()) < 0.28


def test_a_figure_and_its_driving_video_stand_in_the_same_place() -> None:
    dance, look = figures.random_motion(3), figures.random_look(random.Random(0), held_out=False)
    joints = figures.joints_of([dance], [0, 9])
    one = torch.ones(1)
    video, cover = figures.draw_figures([look], joints, one * dance.size, one, torch.zeros(1, 2))
    bones = (figures.draw_driving(joints) > -0.9).any(1, keepdim=True).float()
    assert video.shape == (1, 3, 2, 144, 256)
    assert (bones * cover).sum() > 0.97 * bones.sum()


def test_the_driving_face_opens_its_mouth() -> None:
    face = figures.draw_driving_face(torch.tensor([[0.0, 1.0]]))
    assert face.shape == (1, 3, 2, figures.FACE_SIZE, figures.FACE_SIZE)
    assert face[0, :, 0].sum() > face[0, :, 1].sum() + 100
