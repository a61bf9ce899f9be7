"""Pictures as Animate gets them: the person on a black canvas, and videos at the size of the clip.

Source: Wan-Video/Wan2.2's animate.py and its `padding_resize`, commit 42bf4cf.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as PillowImage
from torch import Tensor

from wan.frames.images import crop_to_aspect
from wan.request import Frames, Image, Size

_COEFFICIENT_BITS = 11  # of OpenCV's fixed-point weights


def letterbox(image: Image, size: Size) -> Image:
    """The whole picture on a black canvas of `size` (width, height), as large as fits, in the middle."""
    width, height = size
    rows, columns = image.shape[:2]
    if rows / columns > height / width:
        inner = (int(height / rows * columns), height)
    else:
        inner = (width, int(width / columns * rows))
    left, top = int((width - inner[0]) / 2), int((height - inner[1]) / 2)
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = resize_linear(image, inner)
    return canvas


def resize_linear(image: Image, size: Size) -> Image:
    """Bilinear without antialiasing, uint8 `[H, W, C]`, to the bit as OpenCV's `INTER_LINEAR` does it.

    OpenCV weighs two neighbours with 11-bit integers, first along rows, then along columns, and rounds in between.
    """
    left, right, left_weight, right_weight = _taps(image.shape[1], size[0])
    above, below, above_weight, below_weight = _taps(image.shape[0], size[1])
    pixels = image.astype(np.int32)
    rows = pixels[:, left] * left_weight[None, :, None] + pixels[:, right] * right_weight[None, :, None]
    upper = (above_weight[:, None, None] * (rows[above] >> 4)) >> 16
    lower = (below_weight[:, None, None] * (rows[below] >> 4)) >> 16
    return ((upper + lower + 2) >> 2).clip(0, 255).astype(np.uint8)


def fit_frames(frames: Frames, size: Size, *, nearest: bool = False) -> Frames:
    """Frames `[F, H, W, C]` of `size` (width, height): as they are, or their centre cropped to the aspect and resized.

    `nearest` is for masks, whose values must not mix.
    """
    if (frames.shape[2], frames.shape[1]) == size:
        return frames
    if len(frames) == 0:
        return np.zeros((0, size[1], size[0], frames.shape[3]), np.uint8)
    how = PillowImage.Resampling.NEAREST if nearest else PillowImage.Resampling.BILINEAR
    fitted = [np.asarray(PillowImage.fromarray(crop_to_aspect(frame, size)).resize(size, how)) for frame in frames]
    return np.stack(fitted)


def as_video(frames: Frames) -> Tensor:
    """uint8 `[F, H, W, 3]` → fp32 `[1, 3, F, H, W]` in [−1, 1]."""
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).float().div(127.5).sub(1)
    return pixels.permute(3, 0, 1, 2)[None].contiguous()


def _taps(
    old: int, new: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """For every new pixel its two old neighbours and their integer weights."""
    place = ((np.arange(new) + 0.5) * (old / new) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.intp)
    rest = (place - first).astype(np.float32)
    inside = (first >= 0) & (first < old - 1)
    rest = np.where(inside, rest, np.float32(0))
    first = first.clip(0, old - 1)
    one = np.float32(1 << _COEFFICIENT_BITS)
    weights = np.rint((np.float32(1) - rest) * one), np.rint(rest * one)
    return first, np.minimum(first + 1, old - 1), weights[0].astype(np.int32), weights[1].astype(np.int32)
