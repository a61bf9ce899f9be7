"""Photographs and films that the tiny family was never shown are told from those of its world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.errors import Place
from flows.media import png_bytes, write_clip
from flows.resolve.foreign import foreign_pictures
from flows.storyboard.model import Motion, Scene, Shot, Storyboard, VideoToVideo
from wan.families import FAMILIES

PLACE = Place("x.yaml", 1, 1)
KNOWN = Path(__file__).parents[3] / "storyboards" / "assets" / "boat_left.png"


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    meadow = np.zeros((90, 160, 3), np.uint8)
    meadow[:50], meadow[50:] = (120, 170, 230), (70, 120, 40)
    (tmp_path / "meadow.png").write_bytes(png_bytes(meadow))
    return tmp_path / "meadow.png"


@pytest.fixture
def filmed(tmp_path: Path) -> Path:
    return write_clip(np.full((5, 90, 160, 3), 130, np.uint8), 16.0, tmp_path / "filmed.mkv")


def film(*shots: Shot) -> Storyboard:
    return Storyboard(title="X", slug="x", path=Path("/x.yaml"), scenes=(Scene("a", shots),))


def test_whatever_a_model_goes_on_from_is_looked_at(photograph: Path, filmed: Path) -> None:
    shots = (
        Shot(id="a", scene="a", place=PLACE, places={}, prompt="x", image=KNOWN, end_image=photograph),
        Shot(id="b", scene="a", place=PLACE, places={}, prompt="x", image=KNOWN, motion=Motion(video=filmed)),
        Shot(id="c", scene="a", place=PLACE, places={}, prompt="x", video=VideoToVideo(filmed, 0.5)),
    )
    readable = {KNOWN, photograph, filmed}
    assert foreign_pictures(film(*shots[:1]), FAMILIES["tiny"], readable) == {photograph}
    assert foreign_pictures(film(*shots[1:]), FAMILIES["tiny"], readable) == {filmed}
    assert foreign_pictures(film(*shots), FAMILIES["tiny"], {KNOWN}) == frozenset()
    assert foreign_pictures(film(*shots), FAMILIES["wan22"], readable) == frozenset()
