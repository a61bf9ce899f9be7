"""A person's joints in a frame: ViTPose whole-body, one heat map a joint, read between its pixels.

The way of reading (blur, logarithm, one Newton step) is DARK: Zhang et al., Distribution-Aware Coordinate
Representation for Human Pose Estimation, CVPR 2020, as in the reference's preprocessing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wan.errors import CheckpointError
from wan.request import Image
from wan.variants.animate.pictures import resize_linear
from wan.variants.animate.preprocess.onnx_model import Array, OnnxModel
from wan.variants.animate.preprocess.skeleton import WHOLE_BODY, Points
from wan.variants.animate.preprocess.tracking import Box

_SIZE = (192, 256)  # width, height of the person's picture
_MARGIN = 1.25  # of the picture around the box
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_BLUR, _SIGMA = 11, 2.0  # taps, and the deviation the heat maps were trained with
_SMALLEST = 1e-10


class PoseEstimator:
    """A ViTPose of 192 × 256 pixels: output `[1, 133, 64, 48]`."""

    def __init__(self, model: OnnxModel) -> None:
        if model.size not in (None, _SIZE):
            raise CheckpointError(f"{model.path} takes pictures of {model.size}, a pose model of 192x256 is expected")
        self._model = model

    def points(self, frame: Image, box: Box) -> Points:
        """The 133 joints of the person in `box`, in pixels of the frame `[H, W, 3]`, with scores: `[133, 3]`."""
        region = person_region(box)
        picture = np.divide(cut_out(frame, region), 255, dtype=np.float32)
        pixels = np.ascontiguousarray(((picture - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None])
        maps = self._model.run(pixels.astype(np.float32))
        if maps.ndim != 4 or maps.shape[1] != WHOLE_BODY:
            raise CheckpointError(f"{self._model.path} gives {list(maps.shape)}, [1, {WHOLE_BODY}, 64, 48] is expected")
        places, scores = read_heat_maps(maps[0])
        left, top, right, bottom = region
        rows, columns = maps.shape[2:]
        places = places * np.array([(right - left) / columns, (bottom - top) / rows], np.float32)
        return np.concatenate([places + np.array([left, top], np.float32), scores[:, None]], axis=1).astype(np.float32)


def person_region(box: Box) -> tuple[int, int, int, int]:
    """The part of the frame that is looked at, in the model's aspect: left, top, right, bottom, whole pixels."""
    aspect = _SIZE[1] / _SIZE[0]
    height = max((box[2] - box[0]) * aspect, box[3] - box[1], 1.0) * _MARGIN
    width = height / aspect
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, top = round(float(middle_x - width / 2)), round(float(middle_y - height / 2))
    return left, top, left + max(round(float(width)), 1), top + max(round(float(height)), 1)


def cut_out(frame: Image, region: tuple[int, int, int, int]) -> Image:
    """That part of the frame at the model's size; black beyond the frame."""
    left, top, right, bottom = region
    height, width = frame.shape[:2]
    piece = np.zeros((bottom - top, right - left, 3), np.uint8)
    x0, x1, y0, y1 = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
    if x0 < x1 and y0 < y1:
        piece[y0 - top : y1 - top, x0 - left : x1 - left] = frame[y0:y1, x0:x1]
    return resize_linear(piece, _SIZE)


def read_heat_maps(maps: Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Heat maps `[n, H, W]` → places (x, y) in their pixels `[n, 2]`, and scores `[n]`: the maps' maxima."""
    count, rows, columns = maps.shape
    flat = maps.reshape(count, -1)
    peaks, scores = flat.argmax(axis=1), flat.max(axis=1)
    xs, ys = peaks % columns, peaks // columns
    places = np.stack([xs, ys], axis=1).astype(np.float32)
    inner = (xs > 1) & (xs < columns - 2) & (ys > 1) & (ys < rows - 2) & (scores > 0)
    if inner.any():
        places[inner] += _newton_step(_log_maps(maps[inner]), xs[inner], ys[inner])
    places[scores <= 0] = -1
    return places, scores


def _log_maps(maps: Array) -> Array:
    """Blurred, as high as before, and their logarithm: a Gaussian becomes a parabola."""
    offsets = np.arange(_BLUR) - _BLUR // 2
    taps = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    taps = (taps / taps.sum()).astype(np.float32)
    border = _BLUR // 2
    wide = np.pad(maps, ((0, 0), (border, border), (border, border)))
    along = sum(tap * wide[:, :, i : i + maps.shape[2]] for i, tap in enumerate(taps))
    blurred: Array = np.asarray(sum(tap * along[:, i : i + maps.shape[1]] for i, tap in enumerate(taps)))
    height = maps.max(axis=(1, 2), keepdims=True) / np.maximum(blurred.max(axis=(1, 2), keepdims=True), _SMALLEST)
    logs: Array = np.log(np.maximum(blurred * height, _SMALLEST))
    return logs


def _newton_step(maps: Array, xs: npt.NDArray[np.intp], ys: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """From each map's highest pixel to the top of the parabola through its neighbours, `[n, 2]`."""
    each = np.arange(len(maps))

    def at(dx: int, dy: int) -> npt.NDArray[np.float32]:
        return maps[each, ys + dy, xs + dx]

    slope_x, slope_y = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    curve_x = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
    curve_y = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    twist = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = curve_x * curve_y - twist**2
    safe = np.where(determinant == 0, 1, determinant)
    step = np.stack([twist * slope_y - curve_y * slope_x, twist * slope_x - curve_x * slope_y], axis=1) / safe[:, None]
    return np.where(determinant[:, None] == 0, 0, step).astype(np.float32)
