"""Where S2V's tokens stand in time and space, as rotary cosines and sines.

The noisy frames stand at 0, 1, 2, …; the picture of the speaker at a fixed frame far ahead; the frames of the clip
before at negative times, packed more coarsely the older they are. Source: Wan-Video/Wan2.2, commit 42bf4cf.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_THETA = 10_000.0
_REFERENCE_FRAME = 30
"""The reference's place for the picture of the speaker, in latent frames."""


def video_positions(frames: int, rows: int, columns: int) -> Tensor:
    """Positions `[frames · rows · columns, 3]` (frame, row, column), int64, of a grid of tokens from frame 0 on."""
    return _grid(range(frames), range(rows), range(columns))


def picture_positions(rows: int, columns: int) -> Tensor:
    """Positions of the picture of the speaker."""
    return _grid([_REFERENCE_FRAME], range(rows), range(columns))


def motion_positions(buckets: Sequence[int], rows: int, columns: int) -> Tensor:
    """Positions of the packed frames before the clip; `rows` × `columns` is the grid of the noisy frames.

    `buckets` counts latent frames from the nearest to the oldest; bucket `i` joins 2^i × 2^i patches and, from the
    second on, 2^i frames. A coarse grid is spread over the full one from its first to its last place, cut to whole
    numbers; the frames are spread alike.
    """
    positions, age = [], 0
    for level, count in enumerate(buckets):
        age += count
        joined = 2**level
        times = [-time for time in _spread(age, age - count + 1, count // joined)]
        positions.append(_grid(times, _spread(0, rows - 1, rows // joined), _spread(0, columns - 1, columns // joined)))
    return torch.cat(positions)


def rotary(positions: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of positions `[N, 3]`, each fp32 `[1, N, 1, head_dim]`, every angle twice, as diffusers has it.

    Of a head's pairs a third goes to rows, a third to columns, the rest to time. Angles are computed in float64.
    """
    spatial = 2 * (head_dim // 6)
    widths = (head_dim - 2 * spatial, spatial, spatial)
    angles = torch.cat(
        [
            positions[:, axis, None].double() * _frequencies(width, positions.device)
            for axis, width in enumerate(widths)
        ],
        dim=1,
    )
    angles = angles.repeat_interleave(2, dim=1)[None, :, None]
    return angles.cos().float(), angles.sin().float()


def _frequencies(width: int, device: torch.device) -> Tensor:
    exponents = torch.arange(0, width, 2, dtype=torch.float64, device=device) / width
    return 1.0 / _THETA**exponents


def _spread(first: int, last: int, count: int) -> list[int]:
    return [int(value) for value in np.linspace(first, last, count)]


def _grid(frames: Sequence[int], rows: Sequence[int], columns: Sequence[int]) -> Tensor:
    axes = [torch.tensor(list(axis), dtype=torch.int64) for axis in (frames, rows, columns)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).flatten(0, 2)
