"""A decoded frame as it is shown: RGB for a screen, square pixels, upright, nothing transparent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.media.streams import pixel_shape
from flows.media.tone import TRANSFERS, WIDE
from flows.media.tone_graph import Tones
from flows.media.upright import turned, turns_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Pixels = npt.NDArray[np.uint8]

UNSPECIFIED, BT709 = 2, 1
"""Colour matrices by their number in ITU-T H.273."""
HD = (1280, 577)
"""Of this width or height on, a video that does not say its matrix is BT.709, as players have it; below BT.601."""
ON_WHITE = frozenset({"gif", "apng"})
"""Animations lie over white, as pictures do; other videos over black, as players show them."""


class Screen:
    """Shows the frames of one stream."""

    def __init__(self, stream: VideoStream, size: tuple[int, int] | None = None) -> None:
        """All frames are shown in this `size` (width, height), or each in its own."""
        self._shape = pixel_shape(stream)
        self._size = size
        self._ground = 255 if stream.codec_context.name in ON_WHITE else 0
        self._tones: Tones | None = None

    def size(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height that the frame is shown with."""
        width, height = self._width(frame), frame.height
        return (height, width) if turns_of(frame).lying else (width, height)

    def show(self, frame: VideoFrame) -> Pixels:
        """The frame as uint8 RGB `[H, W, 3]`."""
        pixels = self._coloured(frame)
        if _has_alpha(frame):
            pixels = _over(pixels, _alpha(frame), self._ground)
        pixels = turned(_scaled(pixels, (self._width(frame), frame.height)), turns_of(frame))
        return pixels if self._size is None else _scaled(pixels, self._size)

    def treated(self, frame: VideoFrame) -> tuple[str, ...]:
        """What is done to the frame beside turning it by quarters: keys of `flows.media.treated`."""
        treatments = {
            "interlaced": frame.interlaced_frame,
            "pixel shape": self._shape != 1,
            "pq": TRANSFERS.get(frame.color_trc) == "pq",
            "hlg": TRANSFERS.get(frame.color_trc) == "hlg",
            "wide gamut": frame.color_trc not in TRANSFERS and frame.color_primaries in WIDE,
            "transparent": self._ground == 0 and _has_alpha(frame) and bool(_alpha(frame).min() < 255),
            "matrix": _takes_bt709(frame),
            "mirrored": turns_of(frame).mirrored,
        }
        return tuple(key for key, is_so in treatments.items() if is_so)

    def _width(self, frame: VideoFrame) -> int:
        return max(1, round(frame.width * self._shape))

    def _coloured(self, frame: VideoFrame) -> Pixels:
        import numpy as np

        matrix = BT709 if _takes_bt709(frame) else None
        if frame.color_trc in TRANSFERS or frame.color_primaries in WIDE:
            kind = (frame.width, frame.height), frame.color_trc, frame.color_primaries
            if self._tones is None or self._tones.kind != kind:
                self._tones = Tones(*kind)
            return self._tones.show(frame, matrix)
        return np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=matrix), np.uint8)


def _scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Of this width and height; itself where it is."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def _has_alpha(frame: VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components)


def _alpha(frame: VideoFrame) -> Pixels:
    """How much each pixel covers, `[H, W, 1]`."""
    import numpy as np

    return np.asarray(frame.to_ndarray(format="rgba"), np.uint8)[..., 3:]


def _over(pixels: Pixels, cover: Pixels, ground: int) -> Pixels:
    import numpy as np

    if cover.min() == 255:
        return pixels
    part = cover.astype(np.uint16)
    return ((pixels * part + ground * (255 - part) + 127) // 255).astype(np.uint8)


def _takes_bt709(frame: VideoFrame) -> bool:
    if frame.colorspace != UNSPECIFIED or frame.format.is_rgb or len(frame.format.components) < 3:
        return False
    return frame.width >= HD[0] or frame.height >= HD[1]
