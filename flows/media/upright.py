"""Videos that were filmed lying down: the file says beside its frames how they are to be turned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.video.frame import VideoFrame


def upright(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    """The frame as uint8 RGB `[H, W, 3]`, turned as its display matrix says, by quarters."""
    import numpy as np

    pixels = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    turns = _quarters(frame)
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def upright_size(frames: Iterable[VideoFrame]) -> tuple[int, int] | None:
    """Width and height of the first frame once it is turned; None if there is none."""
    for frame in frames:
        return (frame.height, frame.width) if _quarters(frame) % 2 else (frame.width, frame.height)
    return None


def _quarters(frame: VideoFrame) -> int:
    """Quarter turns counterclockwise, as FFmpeg and `np.rot90` count them."""
    return round(frame.rotation / 90) % 4
