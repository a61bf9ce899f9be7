"""Where people are in a frame: YOLOv10, whose output needs no suppression of doubles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wan.errors import CheckpointError
from wan.request import Image
from wan.variants.animate.pictures import resize_linear
from wan.variants.animate.preprocess.onnx_model import Array, OnnxModel

Boxes = npt.NDArray[np.float32]
"""`[k, 5]`: left, top, right, bottom in pixels, score."""

_SIDE = 640
_PERSON = 0  # of COCO's classes
_LEAST_SCORE = 0.1


class PersonDetector:
    """A YOLOv10 of 640 × 640 pixels: output `[1, 300, 6]`, corners in its own pixels, score, class."""

    def __init__(self, model: OnnxModel) -> None:
        if model.size not in (None, (_SIDE, _SIDE)):
            raise CheckpointError(
                f"{model.path} takes pictures of {model.size}, a detector of {_SIDE}x{_SIDE} is expected"
            )
        self._model = model

    def people(self, frame: Image) -> Boxes:
        """Everybody in a frame `[H, W, 3]`, the surest first; empty when nobody is there."""
        pixels: Array = np.divide(resize_linear(frame, (_SIDE, _SIDE)), 255, dtype=np.float32)
        rows = self._model.run(pixels.transpose(2, 0, 1)[None])
        if rows.ndim != 3 or rows.shape[2] != 6:
            raise CheckpointError(f"{self._model.path} gives {list(rows.shape)}, a YOLOv10's [1, 300, 6] is expected")
        rows = rows[0]
        rows = rows[(rows[:, 4] >= _LEAST_SCORE) & (np.rint(rows[:, 5]) == _PERSON)]
        height, width = frame.shape[:2]
        boxes = rows[:, :5] * np.array([width / _SIDE, height / _SIDE] * 2 + [1], np.float32)
        boxes[:, 0:4:2] = boxes[:, 0:4:2].clip(0, width)
        boxes[:, 1:4:2] = boxes[:, 1:4:2].clip(0, height)
        ordered: Boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
        return ordered
