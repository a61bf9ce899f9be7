from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wan.variants.animate.pictures import as_video, fit_frames, letterbox, resize_linear


@pytest.mark.parity
def test_the_person_stands_on_the_references_canvas_to_the_bit(parity: Any) -> None:
    data = parity["animate_loop"]
    height, width = data.config["size_hw"]
    canvas = letterbox(data.tensors["in.ref_u8"].numpy(), (width, height))
    assert np.array_equal(canvas, data.tensors["out.ref_padded_u8"].numpy())


def test_a_tall_picture_has_black_at_its_sides() -> None:
    canvas = letterbox(np.full((60, 20, 3), 200, np.uint8), (64, 48))
    filled = (canvas > 0).all(axis=(0, 2))
    assert filled.nonzero()[0].tolist() == list(range(24, 40))
    assert (canvas[:, filled] == 200).all()


def test_a_picture_of_the_same_size_is_unchanged() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    assert np.array_equal(resize_linear(picture, (64, 48)), picture)
    assert fit_frames(picture[None], (64, 48)) is not None
    assert np.array_equal(fit_frames(picture[None], (64, 48))[0], picture)


def test_frames_of_another_shape_are_cropped_around_their_centre() -> None:
    wide = np.zeros((2, 40, 120, 3), np.uint8)
    wide[:, :, 30:90] = 255
    fitted = fit_frames(wide, (30, 20))
    assert fitted.shape == (2, 20, 30, 3)
    assert (fitted == 255).all()


def test_a_masks_values_do_not_mix() -> None:
    mask = np.zeros((1, 40, 60, 3), np.uint8)
    mask[:, 13:27, 17:43] = 255
    assert set(np.unique(fit_frames(mask, (32, 16), nearest=True))) == {0, 255}


def test_a_video_is_between_minus_one_and_one() -> None:
    frames = np.stack([np.zeros((4, 6, 3), np.uint8), np.full((4, 6, 3), 255, np.uint8)])
    video = as_video(frames)
    assert video.shape == (1, 3, 2, 4, 6)
    assert video[0, :, 0].unique().tolist() == [-1]
    assert video[0, :, 1].unique().tolist() == [1]
