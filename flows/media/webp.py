"""Animated WebP as a video, read by Pillow: FFmpeg's decoder leaves the animation out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.formats import LONGEST, is_animated_webp
from flows.media.clock import Clock, Times

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

SHORTEST = 0.011
"""Seconds. A frame that says less is shown for a tenth of a second, as browsers do."""


def is_webp(path: Path) -> bool:
    """Whether the file is a WebP that moves."""
    try:
        with path.open("rb") as file:
            return is_animated_webp(file.read(LONGEST))
    except OSError:
        return False


def webp_times(path: Path) -> Times:
    """When its frames are shown. Decodes them all. Raises `MediaError`."""
    moments, end = [], 0.0
    for moment, length, _ in _decoded(path):
        moments.append(moment)
        end = moment + length
    if not moments:
        raise MediaError(f"{path}: holds no frames")
    return Times(Clock(0.001, 0, len(moments) / end), moments, end)


def webp_frames(path: Path) -> Iterator[tuple[float, Pixels]]:
    """The moments (seconds) of its frames, and they as uint8 RGB `[H, W, 3]`, over white, one at a time. Raises
    `MediaError`."""
    return ((moment, pixels) for moment, _, pixels in _decoded(path))


def _decoded(path: Path) -> Iterator[tuple[float, float, Pixels]]:
    import numpy as np
    from PIL import Image

    moment = 0.0
    try:
        with Image.open(path, formats=("WEBP",)) as image:
            white = Image.new("RGBA", image.size, "white")
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                shown = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
                length = image.info.get("duration", 0) / 1000
                length = length if length >= SHORTEST else 0.1
                yield moment, length, np.asarray(shown)
                moment += length
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, RuntimeWarning) as error:
        raise MediaError(f"{path}: a broken picture ({error})") from error
