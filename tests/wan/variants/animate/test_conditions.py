from __future__ import annotations

import torch

from wan.variants.animate.conditions import clip_condition, known_places, person_condition


class EighthOfEverything:
    """An autoencoder that keeps the means of 8 × 8 pixels of every fourth frame, in 16 channels."""

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        small = torch.nn.functional.avg_pool3d(video, (1, 8, 8))[:, :1, ::4]
        return small.expand(-1, 16, -1, -1, -1)


VAE: object = EighthOfEverything()


def test_the_persons_slot_is_known_whole() -> None:
    found = person_condition(VAE, torch.full((1, 3, 1, 16, 24), 0.5))  # type: ignore[arg-type]
    assert found.shape == (1, 20, 1, 2, 3)
    assert bool((found[:, :4] == 1).all())
    assert bool((found[:, 4:] == 0.5).all())


def test_carried_frames_are_known_four_channels_a_latent_frame() -> None:
    known = known_places(9, (16, 24), carried=5, person=None)
    assert known.shape == (1, 4, 3, 2, 3)
    assert known[0, :, :, 0, 0].T.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]


def test_around_a_replaced_person_everything_is_known() -> None:
    person = torch.zeros(5, 16, 24)
    person[:, :, :8] = 1
    known = known_places(5, (16, 24), carried=0, person=person)
    assert not bool(known[..., 0].any())
    assert bool((known[..., 1:] == 1).all())


def test_carried_frames_stand_before_the_background() -> None:
    mask = known_places(9, (16, 24), carried=5, person=None)
    carried, background = torch.ones(1, 3, 5, 16, 24), torch.full((1, 3, 9, 16, 24), -0.5)
    found = clip_condition(VAE, 9, (16, 24), carried=carried, background=background, mask=mask)  # type: ignore[arg-type]
    assert found[0, 4, :, 0, 0].tolist() == [1, 1, -0.5]
    assert bool((background == -0.5).all())
    grey = clip_condition(VAE, 9, (16, 24), carried=None, background=None, mask=mask)  # type: ignore[arg-type]
    assert not bool(grey[:, 4:].any())
