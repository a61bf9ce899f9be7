from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from wan.frames.images import (
    cover_lanczos,
    cover_short_side,
    crop_to_aspect,
    fit_image,
    pose_frames,
    resize_bicubic,
    to_pixels,
)

RULES: dict[str, Any] = {
    "i2v": partial(fit_image, multiple=16),
    "ti2v": cover_lanczos,
    "s2v": partial(cover_short_side, bars=True),
}


def test_cropping_keeps_the_centre_and_the_aspect() -> None:
    image = np.zeros((100, 400, 3), np.uint8)
    image[:, 190:210] = 255
    cropped = crop_to_aspect(image, (32, 32))
    assert cropped.shape == (100, 100, 3)
    assert cropped[:, 40:60].min() == 255


def test_a_tall_picture_loses_top_and_bottom() -> None:
    assert crop_to_aspect(np.zeros((400, 160, 3), np.uint8), (64, 32)).shape == (80, 160, 3)


def test_the_right_aspect_to_within_a_pixel_is_not_cropped() -> None:
    image = np.zeros((45, 80, 3), np.uint8)
    assert crop_to_aspect(image, (256, 144)).shape == image.shape


def test_a_picture_of_one_pixel_fits() -> None:
    assert fit_image(np.full((1, 1, 3), 255, np.uint8), (64, 32)).shape == (3, 1, 32, 64)


def test_the_same_size_changes_no_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 255, (32, 64, 3), dtype=np.uint8)
    video = fit_image(image, (64, 32))
    assert np.array_equal(to_pixels(video[None])[0], image)


def test_pixels_are_rounded_and_clamped() -> None:
    levels = torch.tensor([-1.2, -1.0, 0.0, 1 / 255, 1.0, 1.3]).view(1, 1, 1, 1, 6).expand(1, 3, 1, 1, 6)
    assert to_pixels(levels)[0, 0, :, 0].tolist() == [0, 0, 128, 128, 255, 255]


FILM = (1024, 704)


@pytest.mark.parametrize("shape", [(768, 1024), (800, 600), (1000, 1000), (720, 1280), (90, 61), (1, 1)])
@pytest.mark.parametrize("size", [FILM, (704, 1024), (832, 448)])
def test_nothing_black_stands_beside_a_speaker_and_nothing_grey_beside_a_pose(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    white = np.full((*shape, 3), 255, np.uint8)
    assert cover_short_side(white, size).shape == (3, 1, size[1], size[0])
    assert cover_short_side(white, size).min() == 1
    assert torch.allclose(pose_frames(white[None], size), torch.ones(3, 1, size[1], size[0]), atol=1e-5)


def test_the_face_in_the_middle_of_a_portrait_stays_in_the_middle() -> None:
    portrait = np.zeros((800, 600, 3), np.uint8)
    portrait[350:450, 250:350] = 255
    face = np.argwhere(cover_short_side(portrait, FILM)[0, 0].numpy() > 0)
    assert np.allclose(face.mean(axis=0), [351.5, 511.5], atol=1)
    assert np.allclose(np.ptp(face, axis=0) + 1, 1024 / 6, atol=2)  # neither stretched nor shrunk


def test_where_the_references_rule_covers_the_size_it_is_the_references() -> None:
    wide = np.random.default_rng(0).integers(0, 255, (60, 100, 3), dtype=np.uint8)
    assert torch.equal(cover_short_side(wide, (96, 64)), cover_short_side(wide, (96, 64), bars=True))
    assert torch.equal(pose_frames(wide[None], (96, 64)), pose_frames(wide[None], (96, 64), bars=True))


def test_a_size_that_the_reference_rounds_to_is_stretched_to_and_any_other_cropped_for() -> None:
    image = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    for size in ((1168, 768), (768, 512)):  # what the reference makes of 3:2 at 720p, and its very aspect
        assert torch.equal(fit_image(image, size, 16), resize_bicubic(image, size))
    assert torch.equal(
        fit_image(image, (1280, 720), 16), resize_bicubic(crop_to_aspect(image, (1280, 720)), (1280, 720))
    )


@pytest.mark.parity
def test_images_are_prepared_as_the_reference_does(parity: Any) -> None:
    data = parity["image_prep"]
    for name, case in data.config["images"].items():
        task, image = name.split(".")
        height, width = case["out_hw"]
        prepared = RULES[task](data.tensors[f"in.{image}_u8"].numpy(), (width, height))
        assert data.error(f"out.{name}", prepared) <= (1e-4 if task == "i2v" else 0), name


@pytest.mark.parity
def test_pose_videos_are_prepared_as_the_reference_does(parity: Any) -> None:
    data = parity["image_prep"]
    pose = data.config["pose"]
    height, width = pose["size_hw"]
    video = data.tensors["in.pose_frames_u8"].numpy()
    length, count = pose["infer_frames"], pose["num_repeat"]
    # every frame at 16 a second, a clip's first one twice, and -1 behind the end
    taken = video[:: max(1, round(pose["frame_rate"] / pose["video_fps"]))][: length * count]
    pixels = pose_frames(taken, (width, height), bars=True)
    pixels = F.pad(pixels, (0, 0, 0, 0, 0, length * count - pixels.shape[1]), value=-1.0)
    for number, piece in enumerate(torch.split(pixels, length, dim=1)):
        clip = torch.cat([piece[:, :1], piece], dim=1)
        assert data.error(f"out.pose.clip{number}", clip[:, pose["stored_frames"]]) < 1e-4
