"""Colours of a clip held to a look: what sets its beginning apart is taken off the whole clip.

A clip that goes on from a frame shows that frame again, a little off; and what each clip is off adds up along a chain.
Two transfers are found at the clip's beginning, and nowhere else, so that what the clip changes over time (a lamp, a
sunset) stays: one to the frame it goes on from, so that the join shows no step, and one to the look of the chain's
first clip, so that nothing adds up. The clip begins by the one and goes over to the other in `GOES_OVER` seconds.

A transfer is a shift and a stretch in Oklab, monotone in lightness. It is bounded; the less it explains of what is seen
the less of it is used; and what is farther off than drift ever is is left alone: that is the story's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flows.continuity.oklab import Colours, to_oklab
from flows.continuity.transfer import Frames, Transfer, apply

Frame = npt.NDArray[np.uint8]

GOES_OVER = 1.0
"""Seconds."""
BEGINNING = 3
"""Frames that a clip's beginning is read from."""
ACROSS = 128
"""A frame is read at about so many points along its longer side, each the mean of what lies around it."""
RANKS = 64
DRIFT, STORY = 0.07, 0.14
"""How far off, in Oklab with its colour axes times `COLOUR`: the first is taken off whole, of the second nothing. 0.01
is about one ΔE."""
COLOUR = 3.0
STILL = 0.02
"""Where most places are as near as that once a transfer is laid on, the camera has not moved."""
EVEN, UNEVEN = 0.15, 0.4
"""What of the way between two looks a transfer leaves, rank by rank: with the first it is used whole, from the second
on not at all. A cast leaves about 0.05, another part of the place 0.5."""
MOST_CONTRAST, MOST_SATURATION = 0.1, 0.2
DARKER = -0.07
"""No transfer takes more from the lightness of the dark: where it fades out, it would turn the order of tones."""
LEAST_REACH = 0.05
"""Colours that lie closer together say nothing of a stretch."""
MOST = 0.7
"""The rest of a picture may be another thing than before."""
_WEIGHTS = np.array([1.0, COLOUR, COLOUR])


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of some frames: `places` `[h, w, 3]` what is seen where, in most of them, and `ranks` `[RANKS, 3]`
    lightness and both colour axes, each from small to large. `shape`: height and width of the frames."""

    places: Colours
    ranks: Colours
    shape: tuple[int, int]


def look_of(frames: Sequence[Frame] | Frames) -> Look:
    """Of frames uint8 `[H, W, 3]` of one size."""
    seen = np.stack([_read(frame) for frame in frames])
    every = np.sort(seen.reshape(-1, 3), axis=0)
    middles = ((np.arange(RANKS) + 0.5) / RANKS * len(every)).astype(int)
    height, width = frames[0].shape[:2]
    return Look(np.median(seen, axis=0), every[middles], (height, width))


def anchored(
    frames: Frames, look: Look, *, strength: float, fps: float, goes_on_from: Frame | None = None, at: int = 0
) -> tuple[Frames, Transfer]:
    """The clip's frames uint8 `[F, H, W, 3]` held to a look, and what that took; the frames themselves where nothing is
    taken off. `strength` 0 to 1. `goes_on_from`: the frame that its frame `at` shows again, if there is one."""
    to_look = transfer_to(look, look_of(frames[at : at + BEGINNING])).times(strength)
    begins = to_look
    if goes_on_from is not None and goes_on_from.shape == frames.shape[1:]:
        begins = transfer_to(look_of([goes_on_from]), look_of(frames[at : at + 1])).times(strength)
    if begins.is_nothing and to_look.is_nothing:
        return frames, to_look
    over = max(1, min(round(GOES_OVER * fps), len(frames) - 1 - at))
    shares = np.clip((np.arange(len(frames)) - at) / over, 0.0, 1.0)
    return apply(frames, begins, to_look, shares), to_look


def transfer_to(wanted: Look, seen: Look) -> Transfer:
    """What brings `seen` to `wanted`. Place by place where the camera has not moved, so that it does not matter how
    much is seen of what; else rank by rank, so that it does not matter where. Ranks move evenly under a cast, and
    unevenly where something else is seen than before: that is no drift."""
    if seen.shape == wanted.shape:
        transfer, rest, of = _fitted(seen.places.reshape(-1, 3), wanted.places.reshape(-1, 3))
        if rest <= STILL:
            return transfer.times(1.0 - (rest / of) ** 2 if of > 0 else 0.0)
    transfer, rest, of = _fitted(seen.ranks, wanted.ranks)
    return transfer.times(float(np.clip((UNEVEN - rest / of) / (UNEVEN - EVEN), 0.0, 1.0)) if of > 0 else 0.0)


def _fitted(seen: Colours, wanted: Colours) -> tuple[Transfer, float, float]:
    """The transfer that brings colours `[N, 3]` to those they are paired with, how far off they are then, and how far
    before: none, a shift, or a shift and a stretch, whichever leaves least. By medians: what is so in less than half of
    the pairs does not count."""
    apart = wanted - seen
    contrast = float(np.clip(_stretch(seen[:, 0], apart[:, 0])[0], -MOST_CONTRAST, MOST_CONTRAST))
    before = rest = _size(apart)
    whole = Transfer()
    for stretches in ((0.0, 0.0), (contrast, _saturation(seen[:, 1:], apart[:, 1:]))):
        each = _shifted(seen, apart, *stretches)
        left = _size(apart - each.apart(seen))
        if left < rest:
            whole, rest = each, left
    return whole.times(_is_drift(whole, seen)), rest, before


def _shifted(seen: Colours, apart: Colours, contrast: float, saturation: float) -> Transfer:
    """With the shift that leaves least where colours are stretched so."""
    light, red, yellow = np.median(apart - seen * [contrast, saturation, saturation], axis=0)
    return Transfer(contrast, float(light), saturation, float(red), float(yellow))


def _is_drift(whole: Transfer, seen: Colours) -> float:
    """How much of a transfer is used: 1 of what drift is, 0 of what is farther off; and never so much that the order
    of tones is turned in the dark."""
    far = float(np.linalg.norm(whole.apart(np.median(seen, axis=0)) * _WEIGHTS))
    return float(np.clip((STORY - far) / (STORY - DRIFT), 0.0, 1.0)) * min(1.0, DARKER / min(whole.light, DARKER))


def _size(apart: Colours) -> float:
    """How far apart colours are, on the mean of those `MOST` that lie nearest."""
    far = np.sort(np.linalg.norm(apart * _WEIGHTS, axis=1))
    return float(far[: max(1, round(MOST * len(far)))].mean())


def _saturation(seen: Colours, apart: Colours) -> float:
    """One stretch of both colour axes, of which the farther reaching one says more."""
    stretches = [_stretch(seen[:, axis], apart[:, axis]) for axis in (0, 1)]
    reach = sum(reach**2 for _, reach in stretches)
    mean = sum(by * reach**2 for by, reach in stretches) / reach if reach > 0 else 0.0
    return float(np.clip(mean, -MOST_SATURATION, MOST_SATURATION))


def _stretch(seen: Colours, apart: Colours) -> tuple[float, float]:
    """By how much the upper third of values is farther off than the lower third, for each step between them; and the
    steps between them, 0 where they lie too close together."""
    order = np.argsort(seen, kind="stable")
    third = max(1, len(order) // 3)
    low, high = order[:third], order[-third:]
    reach = float(np.median(seen[high]) - np.median(seen[low]))
    if reach < LEAST_REACH:
        return 0.0, 0.0
    return float(np.median(apart[high]) - np.median(apart[low])) / reach, reach


def _read(frame: Frame) -> Colours:
    """A frame in Oklab, `[h, w, 3]`, at about `ACROSS` points along its longer side."""
    height, width = frame.shape[:2]
    step = max(1, round(max(height, width) / ACROSS))
    rows, columns = max(1, height // step), max(1, width // step)
    down, across = min(step, height), min(step, width)
    whole = frame[: rows * down, : columns * across].reshape(rows, down, columns, across, 3)
    return to_oklab(whole.sum(axis=(1, 3), dtype=np.int64) / (down * across))
