"""Interlaced video: every frame holds two moments, line by line. Whole frames are made of the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame

FILTER = ("bwdif", "mode=send_frame:deint=interlaced")
"""FFmpeg's filter: Bob Weaver's, from the fields before and after. Frames that are not interlaced pass as they are."""


def deinterlaced(frames: Iterator[VideoFrame], time_base: Fraction) -> Iterator[VideoFrame]:
    """The frames, whole; as they are until the first interlaced one. They keep their times."""
    graph: Graph | None = None
    for frame in frames:
        if graph is None and frame.interlaced_frame:
            graph = _graph(frame, time_base)
        if graph is None:
            yield frame
            continue
        graph.push(frame)
        yield from _ready(graph, time_base)
    if graph is not None:
        graph.push(None)
        yield from _ready(graph, time_base)


def _graph(frame: VideoFrame, time_base: Fraction) -> Graph:
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
    whole, sink = graph.add(*FILTER), graph.add("buffersink")
    source.link_to(whole)
    whole.link_to(sink)
    graph.configure()
    return graph


def _ready(graph: Graph, time_base: Fraction) -> Iterator[VideoFrame]:
    import av

    while True:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        if frame.pts is not None and frame.time_base is not None:  # the filter counts in halves of a tick
            frame.pts, frame.time_base = round(frame.pts * frame.time_base / time_base), time_base
        yield frame
