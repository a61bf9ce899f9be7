"""Videos that were filmed lying down, or mirrored: the file says beside its frames how they are to be turned."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.video.frame import VideoFrame


class Turns(NamedTuple):
    """First `lying`: rows become columns. Then the columns (`left_right`), the rows (`up_down`) are turned around."""

    lying: bool = False
    left_right: bool = False
    up_down: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether no turn alone does it."""
        return sum(self) % 2 == 1


def turns_of(frame: VideoFrame) -> Turns:
    """By its display matrix (ISO/IEC 14496-12): x' = ax + cy, y' = bx + dy, to the next quarter."""
    side: Any = frame.side_data  # its types are not those of a mapping
    matrix = side.get("DISPLAYMATRIX")
    if matrix is None:
        return Turns()
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turns(lying=False, left_right=a < 0, up_down=d < 0)
    return Turns(lying=True, left_right=c < 0, up_down=b < 0)


def turned(pixels: npt.NDArray[np.uint8], turns: Turns) -> npt.NDArray[np.uint8]:
    """`[H, W, 3]` upright."""
    import numpy as np

    if turns.lying:
        pixels = pixels.transpose(1, 0, 2)
    if turns.left_right:
        pixels = pixels[:, ::-1]
    if turns.up_down:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
