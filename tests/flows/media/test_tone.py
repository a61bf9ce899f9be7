"""Colours of HDR and of wide gamuts on an SDR screen, as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from flows.media.tone import BT709, hald, shown, to_bt709


def test_highlights_of_hdr_are_pressed_and_not_cut() -> None:
    greys = np.repeat(np.linspace(0, 1, 200)[:, None], 3, 1)
    levels = shown(greys, "pq", 9)[:, 0]
    assert np.all(np.diff(levels) >= -1e-12)
    white, brighter = shown(np.array([[0.5807, 0.5807, 0.5807], [0.70, 0.70, 0.70]]), "pq", 9)[:, 0]
    assert 0.95 < white < brighter <= 1
    assert shown(np.array([[0.5, 0.5, 0.5]]), "sdr", 12)[0] == pytest.approx([0.5, 0.5, 0.5])


def test_black_and_white_of_every_signal_stay_at_the_ends() -> None:
    for transfer in ("pq", "hlg", "sdr"):
        black, white = shown(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), transfer, 9)
        assert black == pytest.approx([0, 0, 0], abs=1e-3)
        assert white == pytest.approx([1, 1, 1], abs=0.02)


def test_a_grey_of_a_wide_gamut_stays_grey() -> None:
    greys = shown(np.repeat(np.linspace(0, 1, 17)[:, None], 3, 1), "hlg", 9)
    assert np.abs(greys - greys[:, :1]).max() < 1e-6


def test_the_corners_of_bt709_are_its_own() -> None:
    assert to_bt709(BT709) == pytest.approx(np.eye(3), abs=1e-6)


def test_the_table_of_a_graph_holds_every_corner() -> None:
    table = hald("pq", 9)
    assert table.dtype == np.uint16
    assert table.reshape(-1, 3)[0].tolist() == [0, 0, 0]
