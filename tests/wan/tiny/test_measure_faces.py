from __future__ import annotations

import torch

from wan.tiny.measure_faces import best_offset, correlation, made_sound, unseen_faces


def test_curves_that_rise_together_correlate_and_flat_ones_do_not() -> None:
    curve = torch.rand(40, generator=torch.Generator().manual_seed(0))
    assert correlation(curve, 3 * curve + 1) > 0.999
    assert correlation(curve, -curve) < -0.999
    assert correlation(curve, torch.ones(40)) == 0.0


def test_a_late_mouth_is_late_and_an_early_one_early() -> None:
    loud = torch.rand(60, generator=torch.Generator().manual_seed(1))
    assert best_offset(loud.roll(2), loud) == 2
    assert best_offset(loud.roll(-3), loud) == -3
    assert best_offset(loud, loud) == 0


def test_what_is_measured_with_comes_again_from_its_seed() -> None:
    assert unseen_faces(3) == unseen_faces(3)
    assert made_sound(1, 1.0).digest == made_sound(1, 1.0).digest
