"""A transfer of colours: one shift and one stretch in Oklab for all pixels, laid on frames of eight bits."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from flows.continuity.oklab import Colours, to_oklab, to_srgb

Frames = npt.NDArray[np.uint8]

DARK = 0.35
"""Below this lightness a transfer fades out, so that black stays black."""
DIGITS = 5
"""Parts of a transfer are rounded to so many: what medians of other machines differ by is less."""
_BITS = 7
"""Of each channel that tell cells of the table apart: within two levels of eight bits a correction hardly changes, and
never by a whole level, so that no order is turned round."""
_PARTS = 64
"""Of a level of eight bits that corrections are reckoned in."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Lightness L becomes L + `contrast` · L + `light`; the axis green to red a becomes a + `saturation` · a + `red`;
    blue to yellow b becomes b + `saturation` · b + `yellow`. In the dark (`DARK`) less of all that."""

    contrast: float = 0.0
    light: float = 0.0
    saturation: float = 0.0
    red: float = 0.0
    yellow: float = 0.0

    def times(self, share: float) -> Transfer:
        """So much of it; its parts rounded."""
        return Transfer(*(round(float(part) * share, DIGITS) + 0.0 for part in astuple(self)))

    @property
    def is_nothing(self) -> bool:
        return not any(astuple(self))

    def apart(self, oklab: Colours) -> Colours:
        """What it adds to colours `[..., 3]`, lightness as if nothing were dark."""
        lightness, axes = oklab[..., :1], oklab[..., 1:]
        shift = np.array([self.red, self.yellow])
        return np.concatenate([self.contrast * lightness + self.light, self.saturation * axes + shift], axis=-1)

    def deltas(self, rgb: Colours) -> Colours:
        """What it adds to sRGB colours 0 to 255, `[..., 3]`, in levels."""
        seen = to_oklab(rgb)
        dimmed = np.clip(seen[..., :1] / DARK, 0.0, 1.0)
        return to_srgb(seen + dimmed * self.apart(seen)) - rgb


class _Table:
    """The corrections of a transfer by cell of the colour cube, reckoned when a cell is first seen."""

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self._deltas = np.zeros((1 << 3 * _BITS, 3), np.int16)
        self._known = np.zeros(1 << 3 * _BITS, bool)

    def at(self, cells: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
        """For cells `[N]`: `[N, 3]` in parts of a level."""
        unknown = cells[~self._known[cells]]
        if unknown.size:
            self._learn(unknown)
        return self._deltas.take(cells, axis=0)

    def _learn(self, cells: npt.NDArray[np.int32]) -> None:
        new = np.zeros(len(self._known), bool)
        new[cells] = True
        found = np.flatnonzero(new)
        per_channel = np.stack([found >> 2 * _BITS, found >> _BITS & (1 << _BITS) - 1, found & (1 << _BITS) - 1], -1)
        width = 1 << 8 - _BITS
        middle = per_channel * float(width) + (width - 1) / 2
        self._deltas[found] = np.rint(self._transfer.deltas(middle) * _PARTS)
        self._deltas[0] = 0  # black, which is not in the middle of its cell
        self._known[found] = True


def apply(frames: Frames, begins: Transfer, ends: Transfer, shares: npt.NDArray[np.float64]) -> Frames:
    """Frames uint8 `[F, H, W, 3]` with both laid on them, of frame i `1 - shares[i]` parts of `begins` and `shares[i]`
    of `ends`. On frames alone integers are reckoned with, so that every machine makes the same."""
    first, last = _Table(begins), _Table(ends)
    result = np.empty_like(frames)
    for number, frame in enumerate(frames):
        share = round(float(shares[number]) * _PARTS)
        cells = _cells(frame)
        if share in (0, _PARTS):
            added = (last if share else first).at(cells)
        else:
            mixed = first.at(cells).astype(np.int32) * (_PARTS - share) + last.at(cells).astype(np.int32) * share
            added = (mixed // _PARTS).astype(np.int16)
        added += _PARTS // 2
        added >>= _PARTS.bit_length() - 1
        added += frame.reshape(-1, 3)
        np.clip(added, 0, 255, out=added)
        result[number] = added.reshape(frame.shape)
    return result


def _cells(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Of each pixel, `[H * W]`."""
    channels = (frame.reshape(-1, 3) >> 8 - _BITS).astype(np.int32)
    return channels[:, 0] << 2 * _BITS | channels[:, 1] << _BITS | channels[:, 2]
