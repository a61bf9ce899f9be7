"""The videos that Animate is shown, made frame by frame when they are read (each satisfies `wan.request.Video`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wan.request import Frames, Image, Size, Video
from wan.variants.animate.pictures import fit_frames
from wan.variants.animate.preprocess.drawing import draw_pose
from wan.variants.animate.preprocess.faces import FACE_SIZE, FaceBox, crop_face
from wan.variants.animate.preprocess.skeleton import Skeleton


@dataclass(frozen=True, slots=True, eq=False)
class PoseVideo:
    """Skeletons drawn on black frames of `size`."""

    skeletons: Sequence[Skeleton]
    size: Size
    digest: str

    @property
    def num_frames(self) -> int:
        return len(self.skeletons)

    def frames(self, start: int, stop: int) -> Frames:
        drawn = [draw_pose(skeleton, self.size) for skeleton in self.skeletons[max(start, 0) : max(stop, 0)]]
        return _stack(drawn, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class FaceVideo:
    """The face cut out of every frame of a video, 512 × 512."""

    video: Video
    boxes: Sequence[FaceBox]
    digest: str

    @property
    def num_frames(self) -> int:
        return len(self.boxes)

    def frames(self, start: int, stop: int) -> Frames:
        start, stop = max(start, 0), min(stop, len(self.boxes))
        pairs = zip(self.video.frames(start, stop), self.boxes[start:stop], strict=True)
        return _stack([crop_face(frame, box) for frame, box in pairs], (FACE_SIZE, FACE_SIZE))


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """One mask a frame of `size`, eight pixels a byte: `[F, ceil(W·H / 8)]`."""

    packed: Sequence[npt.NDArray[np.uint8]]
    size: Size

    def __getitem__(self, number: int) -> npt.NDArray[np.bool_]:
        width, height = self.size
        bits = np.unpackbits(self.packed[number], count=width * height)
        return bits.reshape(height, width).astype(bool)


@dataclass(frozen=True, slots=True, eq=False)
class MaskVideo:
    """White where the person is."""

    masks: Masks
    digest: str

    @property
    def num_frames(self) -> int:
        return len(self.masks.packed)

    def frames(self, start: int, stop: int) -> Frames:
        numbers = range(max(start, 0), min(stop, self.num_frames))
        white = [np.repeat(self.masks[number][..., None], 3, axis=2) * np.uint8(255) for number in numbers]
        return _stack(white, self.masks.size)


@dataclass(frozen=True, slots=True, eq=False)
class BackgroundVideo:
    """The video at the masks' size, black where the person is."""

    video: Video
    masks: Masks
    digest: str

    @property
    def num_frames(self) -> int:
        return len(self.masks.packed)

    def frames(self, start: int, stop: int) -> Frames:
        start, stop = max(start, 0), min(stop, self.num_frames)
        fitted = fit_frames(self.video.frames(start, stop), self.masks.size)
        kept = [np.where(self.masks[start + i][..., None], 0, frame) for i, frame in enumerate(fitted)]
        return _stack(kept, self.masks.size)


def _stack(frames: Sequence[Image], size: Size) -> Frames:
    if not frames:
        return np.zeros((0, size[1], size[0], 3), np.uint8)
    return np.stack(frames).astype(np.uint8, copy=False)
