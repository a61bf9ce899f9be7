"""Which pictures the tiny family can go on from: those of its own world, told by their backdrop. Without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_BACKDROPS = (
    "78b1e2 84b8e3 91c0e5 a1cae7 b2d4e9 85bacd 5c9eb7 4d90ad 3f82a3",
    "725c86 866887 9e7888 b88a8a d49c8c c28e86 99717d 7e5f76 624e6f",
    "0c1128 0f152e 131a36 161e3c 1a2445 192444 141f3d 0f1933 0a1329",
    "78b0e2 82b7e3 8ebfe4 9dc8e6 aed1e8 b4cee6 a2bfdd 9cbada 96b4d6",
    "725c86 846787 9a7688 b2868a ca968c be949c ac90a4 9e869f 907c9a",
    "0b1128 0e142e 121934 151c3a 1b2444 303d60 425174 3c4a6c 364364",
    "76b0e2 80b6e2 8abce4 96c4e5 9cc2d0 8eae98 7e9c76 67845a 5c7751",
    "715b86 806486 927188 a67e8a b28681 94706c 745a58 534442 483a3b",
    "0b1028 0e142c 111832 121a36 161e38 15202f 121d24 0d1617 091214",
)
"""Of the nine backdrops (`wan.tiny.backdrops`) the median colour of each ninth of their height, from the top."""
MOST_APART, CAPPED = 0.03, 0.25
"""Mean difference (0 to 1) from the nearest backdrop of pictures of this world: up to 0.015 was seen, and from 0.045
on of photographs. A row's share is capped, so that a large sprite counts little."""


def of_the_world(picture: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture, uint8 `[H, W, 3]`, stands before one of the world's backdrops."""
    import numpy as np
    from PIL import Image

    small = Image.fromarray(picture).resize((16, 9), Image.Resampling.BOX)
    rows = np.median(np.asarray(small, dtype=np.float32), axis=1)
    known = np.array([list(bytes.fromhex(colours)) for colours in _BACKDROPS], dtype=np.float32).reshape(-1, 9, 3)
    apart = np.minimum(np.abs(known - rows).mean(axis=2) / 255, CAPPED).mean(axis=1)
    return bool(apart.min() <= MOST_APART)
