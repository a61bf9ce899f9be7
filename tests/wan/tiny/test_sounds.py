from __future__ import annotations

import math

import torch

from wan.tiny import sounds


def test_loudness_is_the_root_mean_square_of_each_frames_time() -> None:
    tone = (2 * math.pi * 440 * torch.arange(44_100) / 44_100).sin()
    tone[22_050:] *= 0.5
    loud = sounds.loudness(tone, 44_100, 20)
    assert torch.allclose(loud[:8], torch.full((8,), 0.7071), atol=2e-3)
    assert torch.allclose(loud[8:16], torch.full((8,), 0.3536), atol=2e-3)
    assert loud[16:].eq(0).all()


def test_a_mouth_opens_with_the_sound_and_is_shut_after_it() -> None:
    sound = torch.zeros(16_000)
    sound[4000:8000] = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    opening = sounds.opening_of(sound, 16_000, 24)
    assert opening[:3].max() < 0.01
    assert opening[5:7].min() > 0.8
    assert opening[10:].max() < 0.01


def test_how_loud_a_whole_sound_is_does_not_matter() -> None:
    sound = sounds.make_sounds(2, 2.0, seed=1)
    assert torch.allclose(sounds.opening_of(sound, 16_000, 30), sounds.opening_of(0.01 * sound, 16_000, 30), atol=1e-2)


def test_made_sounds_are_different_have_pauses_and_come_again_from_their_seed() -> None:
    first, again, other = (sounds.make_sounds(3, 4.0, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.abs().amax() <= 1
    opening = sounds.opening_of(first, 16_000, 64)
    assert (opening.std(dim=1) > 0.1).all()
