from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wan.errors import RequestError
from wan.request import ArrayVideo
from wan.variants.animate.preprocess.key import PreprocessSettings, preprocess_key
from wan.variants.animate.preprocess.models import PreprocessModels
from wan.variants.animate.preprocess.prepare import preprocess

SETTINGS = PreprocessSettings(mode="animate", size=(96, 64), fps=30)
PICTURE = np.full((80, 120, 3), 20, np.uint8)
PICTURE[10:70, 40:80] = 250


@pytest.fixture
def dancing(person_frames: Any, monkeypatch: pytest.MonkeyPatch) -> ArrayVideo:
    """A person who walks to the right through a wide video of 14 frames, which are read in several pieces."""
    monkeypatch.setattr("wan.variants.animate.preprocess.prepare._READ_AT_ONCE", 6)
    return ArrayVideo(person_frames([(20 + 10 * i, 40, 80 + 10 * i, 160) for i in range(14)], (320, 200)))


def _middle(frame: Any) -> float:
    return float(np.flatnonzero(frame.any(axis=(0, 2))).mean())


def test_a_video_becomes_pose_and_face(dancing: ArrayVideo, models: PreprocessModels) -> None:
    prepared = preprocess(dancing, PICTURE, models, SETTINGS, key="k")
    pose = prepared.pose.frames(0, 14)
    assert pose.shape == (14, 64, 96, 3)
    assert prepared.face.frames(0, 14).shape == (14, 512, 512, 3)
    assert (prepared.background, prepared.mask, prepared.people) == (None, None, 1)
    # the whole of the video fits the canvas: 320 pixels are 96
    moved = _middle(pose[12]) - _middle(pose[2])
    assert moved == pytest.approx(100 * 96 / 320, abs=1.5)
    assert {video.digest for video in (prepared.pose, prepared.face)} == {"k.pose", "k.face"}


def test_parts_of_a_prepared_video_are_the_same_as_the_whole(dancing: ArrayVideo, models: PreprocessModels) -> None:
    prepared = preprocess(dancing, PICTURE, models, replace(SETTINGS, mode="replace"))
    for video in (prepared.pose, prepared.face, prepared.background, prepared.mask):
        assert video is not None
        assert video.num_frames == 14
        whole = video.frames(0, 100)
        assert len(whole) == 14
        assert np.array_equal(video.frames(3, 9), whole[3:9])
        assert video.frames(14, 20).shape[0] == 0


def test_the_face_is_the_bright_one(dancing: ArrayVideo, models: PreprocessModels) -> None:
    face = preprocess(dancing, PICTURE, models, SETTINGS).face.frames(5, 6)[0]
    assert (face[256, 256] == (250, 200, 150)).all()


def test_replacing_keeps_the_scene_around_the_person(dancing: ArrayVideo, models: PreprocessModels) -> None:
    prepared = preprocess(dancing, PICTURE, models, replace(SETTINGS, mode="replace"))
    assert prepared.mask is not None
    assert prepared.background is not None
    mask, background = prepared.mask.frames(0, 14), prepared.background.frames(0, 14)
    assert mask.shape == background.shape == (14, 64, 96, 3)
    assert set(np.unique(mask)) <= {0, 255}
    assert not background[mask > 0].any()
    assert background[mask == 0].any() or (mask > 0).all()


def test_the_pose_of_a_replaced_person_lies_on_that_person(dancing: ArrayVideo, models: PreprocessModels) -> None:
    prepared = preprocess(dancing, PICTURE, models, replace(SETTINGS, mode="replace"))
    frame = prepared.pose.frames(7, 8)[0]
    # 320 x 200 fills 96 x 64: the scale is 0.32, 3 pixels are cut off at each side
    assert _middle(frame) == pytest.approx((50 + 70) * 0.32 - 3.2, abs=2.0)


def test_retargeting_puts_the_motion_where_the_picture_has_its_person(
    dancing: ArrayVideo, models: PreprocessModels
) -> None:
    fitted = preprocess(dancing, PICTURE, models, replace(SETTINGS, retarget=True)).pose.frames(0, 1)[0]
    plain = preprocess(dancing, PICTURE, models, SETTINGS).pose.frames(0, 1)[0]
    assert _middle(fitted) == pytest.approx(60 * 96 / 120, abs=2.0)
    assert abs(_middle(plain) - _middle(fitted)) > 20


def test_what_cannot_be_prepared_is_said(dancing: ArrayVideo, models: PreprocessModels, person_frames: Any) -> None:
    with pytest.raises(RequestError, match="frames 0 to 39"):
        preprocess(ArrayVideo(person_frames([None] * 40, (64, 48))), PICTURE, models, SETTINGS)
    with pytest.raises(RequestError, match="use it with animate"):
        preprocess(dancing, PICTURE, models, replace(SETTINGS, mode="replace", retarget=True))
    with pytest.raises(RequestError, match="no person is to be seen in the picture"):
        preprocess(dancing, np.zeros_like(PICTURE), models, replace(SETTINGS, retarget=True))
    with pytest.raises(RequestError, match="it has no frames"):
        preprocess(ArrayVideo(np.zeros((0, 4, 4, 3), np.uint8)), PICTURE, models, SETTINGS)


def test_the_key_covers_what_decides_the_result() -> None:
    known = preprocess_key("video", "picture", "models", SETTINGS)
    assert known == preprocess_key("video", "another", "models", SETTINGS)
    others = [
        preprocess_key("other", "picture", "models", SETTINGS),
        preprocess_key("video", "picture", "others", SETTINGS),
    ]
    changes = [{"mode": "replace"}, {"size": (64, 96)}, {"fps": 16}, {"retarget": True}, {"mask_cells": 4}]
    others += [preprocess_key("video", "picture", "models", replace(SETTINGS, **change)) for change in changes]
    fitted = replace(SETTINGS, retarget=True)
    others.append(preprocess_key("video", "another", "models", fitted))
    assert len({known, *others}) == 9
