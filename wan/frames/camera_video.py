"""A camera path as a control video: points in space, seen by a camera that moves, drawn as soft spots on black.

Wan2.2-VACE-Fun was trained on canny, depth, pose, MLSD and trajectory videos, not on camera poses. Its publisher's
trajectory tool (aigc-apps/VideoX-Fun) draws a point's way as a soft white spot of 50 pixels' radius at 1280×720 on
black; here as many points as fill the picture, near and far, go the ways that a moving camera sees.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wan.frames.camera import Move, Pose, parse_camera, pose_at
from wan.request import Frames

_RADIUS = 50 / math.sqrt(1280 * 720)
"""Of a spot, per root of the picture's area."""
_FOCAL = 0.9
"""Focal length of frame 0 per width: a normal lens."""
_NEAREST = 0.4
_DEPTHS = (3.0, 6.0, 12.0)
_SPACING = math.radians(11)
_ENDLESS = 1 << 31


@dataclass(frozen=True, slots=True)
class CameraVideo:
    """The control video of a path, drawn when it is read; it has no end."""

    moves: tuple[Move, ...]
    width: int
    height: int

    @property
    def num_frames(self) -> int:
        return _ENDLESS

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((self.moves, self.width, self.height)).encode()).hexdigest()

    def frames(self, start: int, stop: int) -> Frames:
        drawn = [_draw(pose_at(self.moves, frame), self.width, self.height) for frame in range(start, stop)]
        return np.repeat(np.stack(drawn)[..., None], 3, axis=3)


def camera_control_video(words: str, width: int, height: int, num_frames: int) -> Frames | None:
    """The control video of the camera path that the words name, uint8 `[F, H, W, 3]`; None if they name none."""
    moves = parse_camera(words)
    return None if moves is None else CameraVideo(moves, width, height).frames(0, num_frames)


def see(points: npt.NDArray[np.float64], pose: Pose, width: int, height: int) -> npt.NDArray[np.float64]:
    """Where points `[N, 3]` stand in the picture: `[M, 2]` pixels (x, y) of those in front of the camera."""
    seen = (points - pose.position) @ pose.rotation
    seen = seen[seen[:, 2] > _NEAREST]
    focal = _FOCAL * width * pose.zoom
    pixels: npt.NDArray[np.float64] = seen[:, :2] / seen[:, 2:] * focal + np.array([width / 2, height / 2])
    return pixels


def point_cloud() -> npt.NDArray[np.float64]:
    """Points `[N, 3]` all around, at three distances; always the same ones."""
    rows = np.arange(-math.radians(66), math.radians(67), _SPACING)
    columns = np.arange(-math.pi, math.pi - _SPACING / 2, _SPACING)
    pitch, yaw = (values.ravel() for values in np.meshgrid(rows, columns, indexing="ij"))
    generator = np.random.default_rng(22)
    yaw, pitch = (angles + generator.uniform(-0.3, 0.3, angles.shape) * _SPACING for angles in (yaw, pitch))
    depth = generator.choice(_DEPTHS, yaw.shape)
    directions = np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1)
    points: npt.NDArray[np.float64] = directions * depth[:, None]
    return points


def _draw(pose: Pose, width: int, height: int) -> npt.NDArray[np.uint8]:
    radius = max(2, round(_RADIUS * math.sqrt(width * height)))
    spot = _spot(radius)
    canvas = np.zeros((height + 4 * radius, width + 4 * radius), np.uint8)
    for x, y in see(point_cloud(), pose, width, height):
        left, top = round(x) + radius, round(y) + radius
        if 0 <= left < width + 2 * radius and 0 <= top < height + 2 * radius:
            part = canvas[top : top + len(spot), left : left + len(spot)]
            np.maximum(part, spot, out=part)
    return canvas[2 * radius : 2 * radius + height, 2 * radius : 2 * radius + width]


def _spot(radius: int) -> npt.NDArray[np.uint8]:
    """A soft spot, brightest in the middle, `2 · radius + 1` pixels wide."""
    along = np.arange(-radius, radius + 1) / radius
    squared = along[:, None] ** 2 + along[None, :] ** 2
    return (255 * np.exp(-4 * squared)).round().astype(np.uint8)
