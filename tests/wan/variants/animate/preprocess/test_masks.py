from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wan.variants.animate.preprocess.masks import PersonMasks, grow, key_frames
from wan.variants.animate.preprocess.models import PreprocessModels


@pytest.fixture
def finder(models: PreprocessModels) -> PersonMasks:
    assert models.masks is not None
    return models.masks


def _bodies(frames: int, x: float, y: float, score: float = 0.9) -> list[Any]:
    return [np.tile(np.array([[x, y, score]], np.float32), (20, 1)) for _ in range(frames)]


def test_every_frame_gets_a_mask_that_depends_on_where_the_person_is(finder: PersonMasks) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (9, 60, 80, 3), dtype=np.uint8)
    masks = list(finder.masks(frames, _bodies(9, 20, 30)))
    assert len(masks) == 9
    assert {(mask.shape, mask.dtype) for mask in masks} == {((60, 80), np.dtype(bool))}
    again, elsewhere = (list(finder.masks(frames, _bodies(9, x, 30))) for x in (20, 70))
    assert all(np.array_equal(one, other) for one, other in zip(masks, again, strict=True))
    assert not all(np.array_equal(one, other) for one, other in zip(masks, elsewhere, strict=True))


def test_the_person_is_pointed_out_in_four_frames(finder: PersonMasks, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

    seen: dict[int, Any] = {}
    plain = Sam2VideoInferenceSession.add_point_inputs

    def note(session: Any, person: int, frame: int, inputs: Any) -> None:
        seen[frame] = inputs["point_coords"]
        plain(session, person, frame, inputs)

    monkeypatch.setattr(Sam2VideoInferenceSession, "add_point_inputs", note)
    bodies = _bodies(8, 40, 30)
    bodies[4][:, 2] = 0.1  # nothing sure: one point must do
    bodies[6][0, :2] = (-5, 10)  # beyond the frame
    assert len(list(finder.masks(np.zeros((8, 60, 80, 3), np.uint8), bodies))) == 8
    assert {frame: points.shape[2] for frame, points in seen.items()} == {0: 8, 2: 8, 4: 1, 6: 7}
    assert seen[0][0, 0, 0].tolist() == [64.0, 64.0]  # the middle, in the model's 128 pixels


def test_key_frames_are_spread_and_few_frames_have_one() -> None:
    assert key_frames(400) == [0, 100, 200, 300]
    assert key_frames(4) == key_frames(1) == [0]


def test_a_mask_grows_as_by_three_dilations_of_seven_pixels() -> None:
    mask = np.zeros((60, 80), bool)
    mask[30, 40] = True
    grown = grow(mask, cells=0)
    assert grown[21:40, 31:50].all()
    assert grown.sum() == 19 * 19


def test_a_grown_mask_fills_its_box_or_cells_of_it_up_to_the_last_row_and_column() -> None:
    mask = np.zeros((60, 80), bool)
    mask[10, 10] = mask[49, 69] = True
    box = grow(mask)
    assert box[1:58, 1:78].all()
    assert box.sum() == 57 * 77 + 19 + 18  # and of the last row and column, what the mask had
    quarters = grow(mask, cells=2)
    assert quarters[5, 5]
    assert quarters[55, 75]
    assert not quarters[5, 75]
    assert quarters.sum() == 28 * 38 + 29 * 39 + 19 + 18


def test_nobody_stays_nobody() -> None:
    assert not grow(np.zeros((20, 30), bool)).any()
