"""A decoded frame as it is shown: RGB for a screen, square pixels, upright, nothing transparent."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from flows.media.streams import pixel_shape
from flows.media.tone import TRANSFERS, WIDE, hald
from flows.media.upright import turned, turns_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.filter import Graph
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Pixels = npt.NDArray[np.uint8]

UNSPECIFIED, BT709 = 2, 1
"""Colour matrices by their number in ITU-T H.273."""
HD = (1280, 577)
"""Of this width or height on, a video that does not say its matrix is BT.709, as players have it; below BT.601."""
_TICK = Fraction(1, 1000)
ON_WHITE = frozenset({"gif", "apng"})
"""Animations lie over white, as pictures do; other videos over black, as players show them."""


class Screen:
    """Shows the frames of one stream."""

    def __init__(self, stream: VideoStream) -> None:
        self._shape = pixel_shape(stream)
        self._ground = 255 if stream.codec_context.name in ON_WHITE else 0
        self._tones: _Tones | None = None

    def size(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height that the frame is shown with."""
        width, height = self._width(frame), frame.height
        return (height, width) if turns_of(frame).lying else (width, height)

    def show(self, frame: VideoFrame) -> Pixels:
        """The frame as uint8 RGB `[H, W, 3]`."""
        pixels = self._coloured(frame)
        if _has_alpha(frame):
            pixels = _over(pixels, _alpha(frame), self._ground)
        return turned(_wide(pixels, self._width(frame)), turns_of(frame))

    def treated(self, frame: VideoFrame) -> tuple[str, ...]:
        """What is done to the frame beside turning it by quarters: keys of `flows.media.treated`."""
        found = {
            "interlaced": frame.interlaced_frame,
            "pixel shape": self._shape != 1,
            "pq": TRANSFERS.get(frame.color_trc) == "pq",
            "hlg": TRANSFERS.get(frame.color_trc) == "hlg",
            "wide gamut": frame.color_trc not in TRANSFERS and frame.color_primaries in WIDE,
            "transparent": _has_alpha(frame) and bool(_alpha(frame).min() < 255),
            "matrix": _takes_bt709(frame),
            "mirrored": turns_of(frame).mirrored,
        }
        return tuple(key for key, is_so in found.items() if is_so)

    def _width(self, frame: VideoFrame) -> int:
        return max(1, round(frame.width * self._shape))

    def _coloured(self, frame: VideoFrame) -> Pixels:
        import numpy as np

        if frame.color_trc in TRANSFERS or frame.color_primaries in WIDE:
            if self._tones is None or not self._tones.fits(frame):
                self._tones = _Tones(frame)
            return self._tones.show(frame)
        matrix = BT709 if _takes_bt709(frame) else None
        return np.asarray(frame.to_ndarray(format="rgb24", src_colorspace=matrix), np.uint8)


class _Tones:
    """A table of colours, applied by FFmpeg's `haldclut` to frames of one size."""

    def __init__(self, frame: VideoFrame) -> None:
        self._kind = _kind(frame)
        table = hald(TRANSFERS.get(frame.color_trc, "sdr"), frame.color_primaries)
        self._graph, self._source, self._sink = _table_graph(frame, table)  # the graph owns the other two
        self._count = 0

    def fits(self, frame: VideoFrame) -> bool:
        """Whether it was made for such frames."""
        return self._kind == _kind(frame)

    def show(self, frame: VideoFrame) -> Pixels:
        """uint8 RGB `[H, W, 3]`, rounded."""
        import numpy as np

        deep = frame.reformat(format="rgb48le", src_colorspace=BT709 if _takes_bt709(frame) else None)
        deep.pts, deep.time_base = self._count, _TICK
        self._count += 1
        self._source.push(deep)
        found = self._sink.pull().to_ndarray()
        return ((found.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _kind(frame: VideoFrame) -> tuple[int, int, int, int]:
    return frame.width, frame.height, frame.color_trc, frame.color_primaries


def _table_graph(frame: VideoFrame, table: npt.NDArray[np.uint16]) -> tuple[Graph, FilterContext, FilterContext]:
    """A graph, where frames are pushed into it, and where they are pulled."""
    from av import VideoFrame as Frame
    from av.filter import Graph

    graph = Graph()
    side = table.shape[0]
    source = graph.add_buffer(width=frame.width, height=frame.height, format="rgb48le", time_base=_TICK)
    colours = graph.add_buffer(width=side, height=side, format="rgb48le", time_base=_TICK)
    applied, sink = graph.add("haldclut", "clut=first:interp=tetrahedral"), graph.add("buffersink")
    source.link_to(applied, 0, 0)
    colours.link_to(applied, 0, 1)
    applied.link_to(sink)
    graph.configure()
    picture = Frame.from_ndarray(table, format="rgb48le")
    picture.pts, picture.time_base = 0, _TICK
    colours.push(picture)
    colours.push(None)
    return graph, source, sink


def _wide(pixels: Pixels, width: int) -> Pixels:
    """With square pixels: as high as before, of this width."""
    if pixels.shape[1] == width:
        return pixels
    import numpy as np
    from PIL import Image

    size = (width, pixels.shape[0])
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
