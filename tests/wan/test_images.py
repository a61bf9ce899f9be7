from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from wan.images import (
    cover_lanczos,
    cover_short_side,
    crop_to_aspect,
    fit_image,
    pose_clips,
    resize_bicubic,
    to_pixels,
)

RULES = {"i2v": resize_bicubic, "ti2v": cover_lanczos, "s2v": cover_short_side}


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
    clips = pose_clips(video, pose["frame_rate"], (width, height), pose["infer_frames"], pose["num_repeat"])
    assert len(clips) == pose["num_repeat"]
    for number, clip in enumerate(clips):
        assert clip.shape[1] == pose["infer_frames"] + 1
        assert data.error(f"out.pose.clip{number}", clip[:, pose["stored_frames"]]) < 1e-4
