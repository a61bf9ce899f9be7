from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wan.request import ArrayVideo
from wan.variants.animate.preprocess.skeleton import WHOLE_BODY, Skeleton
from wan.variants.animate.preprocess.videos import BackgroundVideo, FaceVideo, Masks, MaskVideo, PoseVideo

SIZE = (10, 6)


def masks() -> Masks:
    """In frame i the column i is the person."""
    whole: npt.NDArray[np.bool_] = np.zeros((3, 6, 10), bool)
    for number in range(3):
        whole[number, :, number] = True
    return Masks([np.packbits(mask) for mask in whole], SIZE)


def test_masks_are_kept_eight_pixels_a_byte() -> None:
    kept = masks()
    assert len(kept.packed[0]) == 8
    assert kept[2].sum() == 6
    assert kept[2][:, 2].all()


def test_a_mask_video_is_white_where_the_person_is_up_to_its_end() -> None:
    video = MaskVideo(masks(), "d")
    assert video.num_frames == 3
    assert np.argwhere(video.frames(1, 9)[:, 0, :, 0] == 255).tolist() == [[0, 1], [1, 2]]
    assert video.frames(5, 9).shape == (0, 6, 10, 3)


def test_a_background_is_the_video_without_the_person() -> None:
    whole = ArrayVideo(np.full((3, 6, 10, 3), 200, np.uint8))
    found = BackgroundVideo(whole, masks(), "d").frames(1, 3)
    assert not found[0, :, 1].any()
    assert not found[1, :, 2].any()
    assert (found[0, :, 2] == 200).all()


def test_faces_are_cut_out_frame_by_frame() -> None:
    pixels = np.zeros((2, 64, 64, 3), np.uint8)
    pixels[1, 8:24, 8:24] = 255
    found = FaceVideo(ArrayVideo(pixels), [(8, 24, 8, 24)] * 2, "d").frames(-3, 2)
    assert found.shape == (2, 512, 512, 3)
    assert not found[0].any()
    assert found[1].mean() > 200


def test_a_pose_video_draws_only_what_is_read() -> None:
    points = np.zeros((WHOLE_BODY, 3), np.float32)
    points[:, :2] = np.random.default_rng(0).uniform(8, 56, (WHOLE_BODY, 2))
    points[:, 2] = 1
    nobody = np.zeros((WHOLE_BODY, 3), np.float32)
    video = PoseVideo([Skeleton.of_whole_body(nobody), Skeleton.of_whole_body(points)], (64, 64), "d")
    first, second = video.frames(0, 2)
    assert not first.any()
    assert second.any()
    assert video.frames(2, 4).shape == (0, 64, 64, 3)
