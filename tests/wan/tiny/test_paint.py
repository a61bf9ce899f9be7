from __future__ import annotations

import torch

from wan.tiny.paint import clips_of, coordinates, cover, ellipse, line, over


def test_pixels_are_measured_by_the_pictures_height() -> None:
    x, y = coordinates(32, 16, "cpu")
    assert (x.shape, y.shape) == ((1, 32), (16, 1))
    assert float(x[0, 0]) == float(y[0, 0]) == 0.5 / 16
    assert float(x[0, -1]) == 31.5 / 16


def test_a_disc_covers_its_area_and_has_a_soft_edge() -> None:
    x, y = coordinates(128, 64, "cpu")
    centre, radii = torch.tensor([[1.0, 0.5]]), torch.tensor([[0.25, 0.25]])
    alpha = cover(ellipse(x, y, centre, radii), 64)
    assert alpha.shape == (1, 64, 128)
    assert abs(float(alpha.sum()) / 64**2 - torch.pi * 0.25**2) < 0.01
    assert bool(((alpha > 0) & (alpha < 1)).any())


def test_a_line_has_round_ends() -> None:
    x, y = coordinates(64, 64, "cpu")
    start, end = torch.tensor([[0.25, 0.5]]), torch.tensor([[0.75, 0.5]])
    distance = line(x, y, start, end, 0.1)
    seen = distance < 0
    assert bool(seen[0, 32, 32])
    assert bool(seen[0, 32, int(0.17 * 64)])
    assert not bool(seen[0, int(0.57 * 64), int(0.17 * 64)])


def test_a_colour_is_laid_over_where_it_is_opaque() -> None:
    picture, colour = torch.zeros(1, 3, 1, 2), torch.tensor([[1.0, 0.5, 0.0]])
    found = over(picture, colour, torch.tensor([[[1.0, 0.5]]]))
    assert found[0, :, 0, 0].tolist() == [1.0, 0.5, 0.0]
    assert found[0, :, 0, 1].tolist() == [0.5, 0.25, 0.0]


def test_pictures_of_one_clip_stay_together() -> None:
    pictures = torch.arange(6.0)[:, None, None, None].expand(-1, 3, 1, 1)
    assert clips_of(pictures, 2)[:, 0, :, 0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
