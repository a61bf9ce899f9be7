"""Tables of colours (`flows.media.tone`) applied to frames and pictures by FFmpeg's `haldclut`."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from flows.media.tone import TRANSFERS, hald

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

    Pixels = npt.NDArray[np.uint8]

_TICK = Fraction(1, 1000)
_DEEP = "rgb48le"


class Tones:
    """For frames of one `kind`: size (width, height), transfer and primaries by their numbers in ITU-T H.273."""

    def __init__(self, size: tuple[int, int], transfer: int, primaries: int) -> None:
        from av.filter import Graph

        self.kind = size, transfer, primaries
        self._graph = Graph()  # it owns its filters: they are gone with it
        self._source = self._buffer(*size)
        self._add_table(hald(TRANSFERS.get(transfer, "sdr"), primaries))
        self._count = 0

    def show(self, frame: VideoFrame, matrix: int | None = None) -> Pixels:
        """uint8 RGB `[H, W, 3]`, rounded. `matrix`: of the frame's colours, where it does not say."""
        import numpy as np

        deep = frame.reformat(format=_DEEP, src_colorspace=matrix)
        deep.pts, deep.time_base = self._count, _TICK
        self._count += 1
        self._source.push(deep)
        toned = self._graph.vpull().to_ndarray()
        return np.asarray((toned.astype(np.uint32) + 128) // 257, np.uint8)

    def picture(self, pixels: Pixels) -> Pixels:
        """As `show`, of uint8 RGB `[H, W, 3]`."""
        from av import VideoFrame

        return self.show(VideoFrame.from_ndarray(pixels, format="rgb24"))

    def _buffer(self, width: int, height: int) -> FilterContext:
        from av import VideoFormat

        return self._graph.add_buffer(width=width, height=height, format=VideoFormat(_DEEP), time_base=_TICK)

    def _add_table(self, table: npt.NDArray[np.uint16]) -> None:
        from av import VideoFrame

        side = table.shape[0]
        colours = self._buffer(side, side)
        applied = self._graph.add("haldclut", "clut=first:interp=tetrahedral")
        sink = self._graph.add("buffersink")
        self._source.link_to(applied, 0, 0)
        colours.link_to(applied, 0, 1)
        applied.link_to(sink)
        self._graph.configure()
        picture = VideoFrame.from_ndarray(table, format=_DEEP)
        picture.pts, picture.time_base = 0, _TICK
        colours.push(picture)
        colours.push(None)
