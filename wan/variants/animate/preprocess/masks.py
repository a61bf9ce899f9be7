"""Which pixels the person covers, followed through the video by SAM 2, and how much is taken around them.

The person is pointed out by joints of the body in four frames of each piece of at most 400, as the reference does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from wan.request import Frames, Image, Size
from wan.variants.animate.preprocess.skeleton import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_SHOULDER,
    NECK,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    Points,
)

Mask = npt.NDArray[np.bool_]
"""`[H, W]`: where the person is."""

PIECE = 400
_KEY_FRAMES = 4
_POINTS = (NOSE, NECK, RIGHT_SHOULDER, LEFT_SHOULDER, RIGHT_HIP, LEFT_HIP, RIGHT_ANKLE, LEFT_ANKLE)
_LEAST_SCORE = 0.3
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class PersonMasks:
    """A `Sam2VideoModel`, driven without transformers' video processor (which would need torchvision)."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval()

    @torch.inference_mode()
    def masks(self, frames: Frames, bodies: Sequence[Points]) -> Iterator[Mask]:
        """The person's mask in each of at most `PIECE` frames `[F, H, W, 3]`; `bodies` are the joints in them."""
        from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

        device = next(self.model.parameters()).device
        side = int(self.model.config.image_size)
        height, width = frames.shape[1:3]
        session = Sam2VideoInferenceSession(
            video_height=height,
            video_width=width,
            inference_device=device,
            inference_state_device=device,
            dtype=self.model.dtype,
        )
        session.processed_frames = _Pixels(frames, side, self.model.dtype)
        person = session.obj_id_to_idx(1)
        for number in key_frames(len(frames)):
            points = _seen_points(bodies[number], (width, height)) * (side / width, side / height)
            session.add_point_inputs(person, number, _prompt(points))
            session.obj_with_new_inputs = [1]
            self.model(session, frame_idx=number)
        for output in self.model.propagate_in_video_iterator(session, start_frame_idx=0):
            logits = F.interpolate(output.pred_masks.float(), (height, width), mode="bilinear", align_corners=False)
            yield (logits[0, 0] > 0).cpu().numpy()


def key_frames(frames: int) -> list[int]:
    """The frames in which the person is pointed out."""
    count = _KEY_FRAMES if frames > _KEY_FRAMES else 1
    return list(range(0, frames, max(frames // count, 1)))


def grow(mask: Mask, *, reach: int = 9, cells: int = 1) -> Mask:
    """The mask, `reach` pixels wider to every side, then filled up to whole cells of its bounding box, whose last row
    and column stay as they are.

    Defaults are the reference's: three dilations by 7 × 7, and one cell, so that the shape of the old person's outline
    does not show; more cells follow the outline more closely, 0 leaves it as it is.
    """
    wide = torch.from_numpy(mask)[None, None].float()
    wide = F.max_pool2d(F.max_pool2d(wide, (2 * reach + 1, 1), 1, (reach, 0)), (1, 2 * reach + 1), 1, (0, reach))
    grown: Mask = wide[0, 0].numpy() > 0
    rows, columns = np.flatnonzero(grown.any(axis=1)), np.flatnonzero(grown.any(axis=0))
    if cells == 0 or len(rows) == 0:
        return grown
    for top, bottom in _cells(int(rows[0]), int(rows[-1]), cells):
        for left, right in _cells(int(columns[0]), int(columns[-1]), cells):
            grown[top:bottom, left:right] |= grown[top:bottom, left:right].any()
    return grown


def _cells(start: int, stop: int, count: int) -> list[tuple[int, int]]:
    side = max((stop - start) // count, 1)
    return [(first, min(first + side, stop)) for first in range(start, stop, side)]


def _seen_points(body: Points, size: Size) -> npt.NDArray[np.float64]:
    """The joints SAM 2 is shown: those that are sure and in the frame, or the surest one."""
    points = body[list(_POINTS)]
    inside = (points[:, :2] >= 0).all(axis=1) & (points[:, 0] < size[0]) & (points[:, 1] < size[1])
    sure = points[inside & (points[:, 2] >= _LEAST_SCORE)]
    if len(sure) == 0:
        sure = points[[int(points[:, 2].argmax())]]
    return sure[:, :2].astype(np.float64)


def _prompt(points: npt.NDArray[np.float64]) -> dict[str, Tensor]:
    places = torch.from_numpy(points).float()[None, None]
    return {"point_coords": places, "point_labels": torch.ones(places.shape[:3], dtype=torch.int32)}


class _Pixels(Mapping[int, Tensor]):
    """Frames as SAM 2 takes them, made when they are asked for: 400 of them at once would be 5 GB."""

    def __init__(self, frames: Frames, side: int, dtype: torch.dtype) -> None:
        self._frames, self._side, self._dtype = frames, side, dtype

    def __getitem__(self, number: int) -> Tensor:
        return _pixels(self._frames[number], self._side).to(self._dtype)

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self._frames)))


def _pixels(frame: Image, side: int) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float() / 255
    small = F.interpolate(values, (side, side), mode="bilinear", align_corners=False, antialias=True)[0]
    return (small - torch.tensor(_MEAN).view(3, 1, 1)) / torch.tensor(_DEVIATION).view(3, 1, 1)
