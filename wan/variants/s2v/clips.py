"""How a long shot of S2V is cut into clips: the first loses three frames, and every one after it goes on from there.

The model renders pieces of `infer_frames` frames (a multiple of 4; the reference's are 80). Of the first piece the
reference drops the first three frames, which show the picture of the speaker turning into a video. So a shot of n
pieces has infer_frames · n − 3 frames.
"""

from __future__ import annotations

from wan.errors import RequestError
from wan.frames.clips import cut

FRAME_STEP = 4
"""A piece is a multiple of this many frames: a latent frame's worth."""
DROPPED_FRAMES = 3
"""Frames at the start of the first piece that are not part of the film."""
MOTION_FRAMES = 73
"""Frames of the clip before that a clip goes on from."""


def clip_lengths(frames: int, infer_frames: int) -> list[tuple[int, int]]:
    """The clips of a shot that is at least `frames` long: (start frame in the shot, number of frames) each.

    All pieces are whole, so the last clip may reach past the end of the shot; the film hides the rest.
    `clip_lengths(100, 80)` is `[(0, 77), (77, 80)]`. Raises `RequestError` for lengths that cannot be.
    """
    if frames < 1:
        raise RequestError(f"num_frames: a shot needs at least 1 frame, not {frames}")
    if infer_frames < FRAME_STEP or infer_frames % FRAME_STEP:
        raise RequestError(f"num_frames: a piece of speech is a multiple of {FRAME_STEP} frames, not {infer_frames}")
    return cut(frames, infer_frames - DROPPED_FRAMES, infer_frames, overlap=0)


def piece_length(num_frames: int, *, first: bool) -> int:
    """How many frames the model renders for a clip of `num_frames`: those that are dropped included.

    Raises `RequestError` unless the first clip has 4n − 3 frames and a following one 4n.
    """
    length = num_frames + DROPPED_FRAMES if first else num_frames
    if length >= FRAME_STEP and length % FRAME_STEP == 0:
        return length
    below = max(length // FRAME_STEP, 1) * FRAME_STEP
    lost = DROPPED_FRAMES if first else 0
    which = f"the first clip of a shot has {FRAME_STEP}n − 3" if first else f"a following clip has {FRAME_STEP}n"
    raise RequestError(
        f"num_frames: {num_frames} is not possible, {which} frames; nearest are {below - lost} and "
        f"{below + FRAME_STEP - lost}"
    )
