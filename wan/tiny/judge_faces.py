"""Reads from a face's pixels how far its mouth is open, frame by frame.

It knows the drawings of `wan.tiny.faces` and nothing of models or sounds: what differs from the nearest backdrop is
the face; its most frequent colour below the eyes is the skin; what is darker than skin around the mouth's place is the
mouth.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from wan.tiny import backdrops, faces, paint
from wan.tiny.world import PALETTE

LEAST_FACE, MOST_FACE = 0.06, 0.45
"""Share of the picture that a face covers; anything else is none."""
CONTRAST, MAX_SKIN_ERROR, MAX_BACKDROP_ERROR = 0.16, 0.25, 0.16


@torch.no_grad()
def read_mouth(clip: Tensor) -> Tensor | None:
    """How far the mouth is open in each frame, about 0 (shut) to 1, `[F]`; None when there is no face in the clip.

    Args:
        clip: `uint8` `[F, H, W, 3]`, H as `faces.FACE_HEIGHT` or more.
    """
    video = clip.permute(0, 3, 1, 2).float() / 255
    height, width = video.shape[-2:]
    stills = backdrops.stills(width, height, str(video.device))
    middle = video.median(dim=0).values
    errors = (middle[None] - stills).abs().mean(1).clamp(max=0.25).mean((-1, -2))
    if float(errors.min()) > MAX_BACKDROP_ERROR:
        return None
    face = (middle - stills[int(errors.argmin())]).norm(dim=0) > CONTRAST
    box = _box(face)
    if box is None or not LEAST_FACE < float(face.float().mean()) < MOST_FACE:
        return None
    centre_x, top, bottom = box
    # the hair reaches 1.14 sizes above the head's centre, the chin 1 below
    size = (bottom - top) / 2.14
    centre_y = bottom - size
    skin = _skin(middle, centre_x, centre_y, size)
    if skin is None:
        return None
    return _opening(video, skin, centre_x, centre_y, size)


def _box(face: Tensor) -> tuple[float, float, float] | None:
    """The face's middle, top and bottom, of the height, from rows and columns that are face for some length."""
    height = face.shape[0]
    columns = (face.sum(0) > 0.25 * height).nonzero().flatten()
    rows = (face.sum(1) > 0.10 * height).nonzero().flatten()
    if len(columns) < 0.2 * height or len(rows) < 0.4 * height:
        return None
    return (float(columns[0] + columns[-1]) + 1) / 2 / height, float(rows[0]) / height, (float(rows[-1]) + 1) / height


def _skin(picture: Tensor, x: float, y: float, size: float) -> Tensor | None:
    """The palette's skin that the cheeks have, RGB; None when they have none."""
    height, width = picture.shape[-2:]
    across, along = paint.coordinates(width, height, picture.device)
    cheeks = ((along - y - 0.12 * size).abs() < 0.08 * size) & ((across - x).abs() < 0.6 * size)
    if not bool(cheeks.any()):
        return None
    skin = picture[:, cheeks].median(dim=1).values
    skins = torch.tensor([PALETTE[name] for name in faces.SKINS], device=picture.device)
    errors = (skins - skin).norm(dim=1)
    return skin if float(errors.min()) < MAX_SKIN_ERROR else None


def _opening(video: Tensor, skin: Tensor, x: float, y: float, size: float) -> Tensor:
    height, width = video.shape[-2:]
    across, along = paint.coordinates(width, height, video.device)
    near = ((along - y - faces.MOUTH_Y * size).abs() < 1.25 * faces.MOUTH_OPEN * size) & (
        (across - x).abs() < 1.3 * faces.MOUTH_WIDTH * size
    )
    dark = torch.tensor(faces.DARK, device=video.device)
    step = dark - skin
    depth = ((video - skin[:, None, None]) * step[:, None, None]).sum(1) / float((step * step).sum())
    # half-dark pixels count half, skin's own grain not at all
    area = ((depth.clamp(0, 1) - 0.15).clamp(min=0) / 0.85 * near).sum((-1, -2)) / height**2
    half = area / (math.pi * faces.MOUTH_WIDTH * size * size)
    return (half - faces.MOUTH_SHUT) / (faces.MOUTH_OPEN - faces.MOUTH_SHUT)
