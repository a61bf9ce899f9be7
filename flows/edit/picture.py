"""The picture's half of the ffmpeg graph: clips in, one stream of RGB frames at the clips' size out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count

from flows.edit.graph import Stream, concatenated, filtered, ratio, source
from flows.edit.timeline import Entry, SourceRange
from flows.transitions import TRANSITIONS

TICKS = 100
"""Ticks of the clock in a frame."""


def joined(entries: Sequence[Entry], rate: Fraction, size: tuple[int, int]) -> Stream:
    """One stream of all entries at `size`, each trimmed to its frames and joined by its transition.

    xfade is told to begin half a frame early and so to be half done in the middle of its overlap: both ends lie between
    frames, and no rounding of timestamps can move them by one.
    """
    numbers = count()
    run: list[Stream] = []
    length = 0
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        stream = _faded(_shot(entry, rate, size, numbers), entry, following)
        blend = TRANSITIONS[entry.transition].xfade
        if run and blend:
            offset = (length - entry.overlap - Fraction(1, 2)) / rate
            pair = [_steady(concatenated(run), rate), _steady(stream, rate)]
            timing = {"duration": _decimal(entry.blend / rate), "offset": _decimal(offset)}
            run = [filtered(pair, "xfade", transition=blend, **timing)]
        else:
            run.append(stream)
        length += entry.frames - (entry.overlap if length else 0)
    return _steady(concatenated(run), rate)


def _shot(entry: Entry, rate: Fraction, size: tuple[int, int], numbers: Iterator[int]) -> Stream:
    """All ranges of a shot as one stream of `entry.frames` frames at the film's rate, scaled and cropped to `size`."""
    stream = concatenated([_range(shown, entry.rate, next(numbers)) for shown in entry.ranges])
    if entry.rate != rate:
        stream = stream.filter("fps", fps=ratio(rate)).filter("tpad", stop=-1, stop_mode="clone")
        stream = stream.filter("trim", end_frame=entry.frames)
    if (entry.width, entry.height) != size:
        width, height = size
        cover = {"force_original_aspect_ratio": "increase", "flags": "lanczos+accurate_rnd"}
        stream = stream.filter("scale", width, height, **cover).filter("crop", width, height).filter("setsar", 1)
    return stream


def _range(shown: SourceRange, rate: Fraction, number: int) -> Stream:
    # Matroska keeps milliseconds: `r` counts frames instead
    clip = source(shown.file, number, f="matroska", r=ratio(rate))
    stream = clip.video.filter("trim", start_frame=shown.skip, end_frame=shown.skip + shown.frames)
    return stream.filter("setpts", "N/FRAME_RATE/TB").filter("format", "gbrp")


def _faded(stream: Stream, entry: Entry, following: Entry | None) -> Stream:
    """Half of a fade through a colour at each end that has one; what lies beyond the middle is cut away."""
    first, last = 0, entry.frames
    if colour := TRANSITIONS[entry.transition].through:
        first = entry.overlap // 2
        stream = stream.filter(
            "fade", type="in", start_frame=first, nb_frames=max(1, entry.overlap - first - 1), color=colour
        )
    if following and (colour := TRANSITIONS[following.transition].through):
        begin, last = last - following.overlap, last - following.overlap + following.overlap // 2
        stream = stream.filter("fade", type="out", start_frame=begin, nb_frames=max(1, last - begin - 1), color=colour)
    if (first, last) == (0, entry.frames):
        return stream
    return stream.filter("trim", start_frame=first, end_frame=last).filter("setpts", "N/FRAME_RATE/TB")


def _steady(stream: Stream, rate: Fraction) -> Stream:
    """Frames evenly spaced by number, on a clock that can tell half a frame: xfade rounds to its clock's ticks."""
    even = stream.filter("settb", ratio(1 / rate)).filter("setpts", "N").filter("fps", fps=ratio(rate))
    return even.filter("settb", ratio(1 / (rate * TICKS)))


def _decimal(seconds: Fraction) -> str:
    return f"{float(seconds):.6f}"
