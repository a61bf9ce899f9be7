"""Pictures of the tiny world are told from others without drawing anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wan.tiny import backdrops
from wan.tiny.pictures import _BACKDROPS, of_the_world

ASSETS = Path(__file__).parents[3] / "storyboards" / "assets"


def test_the_table_is_that_of_the_backdrops() -> None:
    rows = []
    for still in backdrops.stills(256, 144):
        picture = (still.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        assert of_the_world(picture)
        small = np.asarray(Image.fromarray(picture).resize((16, 9), Image.Resampling.BOX))
        rows.append(np.median(small, axis=1))
    known = np.array([list(bytes.fromhex(colours)) for colours in _BACKDROPS]).reshape(-1, 9, 3)
    assert np.abs(np.stack(rows) - known).max() <= 1


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.png")), ids=lambda path: path.stem)
def test_pictures_of_the_world_are_known_at_every_size(path: Path) -> None:
    picture = Image.open(path).convert("RGB")
    assert of_the_world(np.asarray(picture))
    assert of_the_world(np.asarray(picture.resize((1280, 720), Image.Resampling.LANCZOS)))


def test_other_pictures_are_not() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    meadow = np.zeros((720, 1280, 3), np.uint8)
    meadow[:400], meadow[400:] = (120, 170, 230), (70, 120, 40)
    portrait = np.full((800, 600, 3), (200, 170, 150), np.uint8)
    assert not any(of_the_world(picture) for picture in (noise, meadow, portrait))
