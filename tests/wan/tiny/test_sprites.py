from __future__ import annotations

import pytest

from wan.tiny import sprites
from wan.tiny.world import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_is_inside_its_picture_and_as_large_as_a_sprite_should_be(shape: str) -> None:
    distance = sprites.atlas()[SHAPES.index(shape), 0]
    border = [distance[0], distance[-1], distance[:, 0], distance[:, -1]]
    assert all((edge > 0).all() for edge in border)
    area = float((distance < 0).float().mean()) * (2 * sprites.REACH) ** 2
    assert 0.7 < area < 2.6


def test_only_the_ring_has_a_hole() -> None:
    middle = sprites.ATLAS // 2
    holes = [shape for i, shape in enumerate(SHAPES) if sprites.atlas()[i, 0, middle, middle] > 0]
    assert holes == ["ring"]


def test_paper_is_shaded_but_never_dark() -> None:
    shade = sprites.atlas()[:, 1]
    assert 0.8 < float(shade.min()) < float(shade.max()) <= 1.0
