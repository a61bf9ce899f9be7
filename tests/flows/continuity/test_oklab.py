"""Oklab against its author's table, and there and back."""

from __future__ import annotations

import numpy as np
import pytest

from flows.continuity.oklab import to_oklab, to_srgb


@pytest.mark.parametrize(
    ("rgb", "oklab"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_corners_of_srgb_are_where_they_are_known_to_be(rgb: tuple[int, ...], oklab: tuple[float, ...]) -> None:
    assert to_oklab(np.array(rgb, float)) == pytest.approx(oklab, abs=1e-4)


def test_there_and_back_is_the_same_colour() -> None:
    levels = np.arange(0, 256, 15)
    every = np.stack(np.meshgrid(levels, levels, levels), axis=-1).astype(float)
    assert np.abs(to_srgb(to_oklab(every)) - every).max() < 1e-6


def test_what_lies_outside_of_srgb_lies_outside_of_its_numbers() -> None:
    assert (to_srgb(np.array([1.1, 0.0, 0.0])) > 255).all()
    assert (to_srgb(np.array([-0.1, 0.0, 0.0])) < 0).all()
