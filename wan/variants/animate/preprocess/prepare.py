"""From a plain video of a person to what Animate is shown: pose, face and, to replace the person, background and mask.

One person is followed (`preprocess.tracking` says which). Where the reference resizes the driving video
first, points are read here from the frames as they are, and moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wan.errors import RequestError
from wan.request import Frames, Image, Size, Video
from wan.variants.animate.pictures import fit_frames, letterbox
from wan.variants.animate.preprocess.faces import face_boxes
from wan.variants.animate.preprocess.key import PreprocessSettings
from wan.variants.animate.preprocess.masks import PIECE, PersonMasks, grow
from wan.variants.animate.preprocess.models import PreprocessModels
from wan.variants.animate.preprocess.retarget import retarget
from wan.variants.animate.preprocess.skeleton import Skeleton
from wan.variants.animate.preprocess.tracking import follow, main_person, most_people
from wan.variants.animate.preprocess.videos import BackgroundVideo, FaceVideo, Masks, MaskVideo, PoseVideo

_READ_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Videos of equal length at the driving video's rate; they are made while they are read. `background` and `mask`
    only to replace a person. `people` is the largest number of people seen at once: above 1, one was chosen."""

    pose: Video
    face: Video
    background: Video | None
    mask: Video | None
    people: int


def preprocess(
    video: Video, picture: Image, models: PreprocessModels, settings: PreprocessSettings, *, key: str = ""
) -> Prepared:
    """Prepare a driving video, which is read at `settings.fps`, for the person in `picture` `[H, W, 3]`.

    `key` (`preprocess_key`) gives the videos their digests. Raises `RequestError` that names the frames in which no
    person, or not the one who is followed, is to be seen.
    """
    if video.num_frames < 1:
        raise RequestError("motion.video: it has no frames")
    if settings.retarget and settings.mode == "replace":
        raise RequestError("motion.retarget: a person who is replaced keeps the motion as it is; use it with animate")
    size, people, motion = _read_motion(video, models, settings.fps)
    boxes = face_boxes([skeleton.face for skeleton in motion], size)
    if settings.mode == "animate":
        background, mask = None, None
        motion = _on_canvas(motion, size, picture, models, settings)
    else:
        motion = [_moved(skeleton, _cover(size, settings.size)) for skeleton in motion]
        masks = _find_masks(video, motion, models.masks, settings)
        background, mask = BackgroundVideo(video, masks, f"{key}.background"), MaskVideo(masks, f"{key}.mask")
    pose = PoseVideo(motion, settings.size, f"{key}.pose")
    return Prepared(pose, FaceVideo(video, boxes, f"{key}.face"), background, mask, people)


def _read_motion(video: Video, models: PreprocessModels, fps: float) -> tuple[Size, int, list[Skeleton]]:
    """Size of the video, people in it, and the skeleton of the one who is followed in every frame."""
    people, size = [], (0, 0)
    for frames in _pieces(video, _READ_AT_ONCE):
        size = (frames.shape[2], frames.shape[1])
        people += [models.detector.people(frame) for frame in frames]
    boxes = iter(follow(people, size, fps))
    motion = [
        Skeleton.of_whole_body(models.pose.points(frame, next(boxes)))
        for frames in _pieces(video, _READ_AT_ONCE)
        for frame in frames
    ]
    return size, most_people(people), motion


def _on_canvas(
    motion: list[Skeleton], size: Size, picture: Image, models: PreprocessModels, settings: PreprocessSettings
) -> list[Skeleton]:
    """The motion on the shot's canvas: the whole video fitted into it, or as the picture's person would make it."""
    if not settings.retarget:
        return [_moved(skeleton, _contain(size, settings.size)) for skeleton in motion]
    canvas = letterbox(picture, settings.size)
    box = main_person(models.detector.people(canvas), settings.size)
    if box is None:
        raise RequestError("motion.retarget: no person is to be seen in the picture; leave retarget out")
    person = Skeleton.of_whole_body(models.pose.points(canvas, box))
    return retarget(motion, size, person, settings.size)


def _find_masks(
    video: Video, motion: list[Skeleton], finder: PersonMasks | None, settings: PreprocessSettings
) -> Masks:
    assert finder is not None, "models for replacing a person are loaded with masks=True"
    packed: list[npt.NDArray[np.uint8]] = []
    for frames in _pieces(video, PIECE):
        bodies = [skeleton.body for skeleton in motion[len(packed) : len(packed) + len(frames)]]
        masks = finder.masks(fit_frames(frames, settings.size), bodies)
        packed.extend(np.packbits(grow(mask, cells=settings.mask_cells)) for mask in masks)
    return Masks(packed, settings.size)


def _pieces(video: Video, length: int) -> Iterator[Frames]:
    for start in range(0, video.num_frames, length):
        yield video.frames(start, min(start + length, video.num_frames))


def _contain(size: Size, canvas: Size) -> tuple[float, Size]:
    """Scale and shift that show all of a frame on the canvas, in the middle, as `letterbox` does."""
    return _centred(min(canvas[0] / size[0], canvas[1] / size[1]), size, canvas)


def _cover(size: Size, canvas: Size) -> tuple[float, Size]:
    """Scale and shift that fill the canvas, as `fit_frames` does."""
    return _centred(max(canvas[0] / size[0], canvas[1] / size[1]), size, canvas)


def _centred(scale: float, size: Size, canvas: Size) -> tuple[float, Size]:
    return scale, (round((canvas[0] - size[0] * scale) / 2), round((canvas[1] - size[1] * scale) / 2))


def _moved(skeleton: Skeleton, how: tuple[float, Size]) -> Skeleton:
    scale, shift = how
    return skeleton.moved(scale, (float(shift[0]), float(shift[1])))
