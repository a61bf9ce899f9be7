"""How a shot of any length is cut into Animate's clips: equal lengths, each repeating the last frames before it.

Source: `get_valid_len`, `inputs_padding` and the segment loop of Wan-Video/Wan2.2's animate.py, commit 42bf4cf.
"""

from __future__ import annotations

from wan.errors import RequestError
from wan.frames.clips import cut


def clip_lengths(frames: int, clip_frames: int, carried: int) -> list[tuple[int, int]]:
    """The clips of a shot of `frames` frames as (start_frame, num_frames).

    Every clip has `clip_frames` frames, of which all but the first repeat `carried` frames of the one before; where
    the last one goes past the shot, the film trims it. Raises `RequestError` for impossible numbers.
    """
    if frames < 1:
        raise RequestError(f"num_frames: a shot needs at least 1 frame, not {frames}")
    if not 0 < carried < clip_frames:
        raise RequestError(f"carried: {carried} frames cannot be carried between clips of {clip_frames}")
    return cut(frames, clip_frames, clip_frames, carried)


def source_frame(position: int, length: int) -> int:
    """The frame of a video of `length` frames that is shown at `position`: past its end it runs back and forth."""
    if length == 1:
        return 0
    turned = position % (2 * (length - 1))
    return turned if turned < length else 2 * (length - 1) - turned
