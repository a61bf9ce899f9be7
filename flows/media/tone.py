"""Colours of HDR and wide-gamut video as sRGB screens show them.

A signal becomes light (PQ: SMPTE ST 2084; HLG: ITU-R BT.2100 with its gamma of 1.2 on each channel, as zscale has it;
others: BT.1886, gamma 2.4), counted in units of the white of an SDR screen, 203 cd/m² (ITU-R BT.2408). Primaries are
those of BT.709 after a matrix (SMPTE RP 177); what they cannot show is cut off. Light up to `KNEE` stays; more is
pressed below 1 by a Möbius curve (as FFmpeg's `tonemap=mobius`) that reaches it at 1000 cd/m², by the strongest
channel, so that hues stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

Transfer: TypeAlias = Literal["pq", "hlg", "sdr"]
Corners: TypeAlias = tuple[float, float, float, float, float, float, float, float]
"""x and y of red, green, blue and white."""

SDR_WHITE, PEAK = 203.0, 1000.0
"""cd/m²."""
KNEE = 0.9
LEVEL = 8
"""Of the table (FFmpeg's "HALD" picture): `LEVEL`² points a channel."""
_D65 = (0.3127, 0.3290)
BT709: Corners = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65)
WIDE: Mapping[int, Corners] = MappingProxyType(
    {
        9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
        11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
        12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    }
)
"""Primaries by their number in ITU-T H.273: BT.2020, DCI-P3, Display P3. Others are BT.709's, or close to them."""
TRANSFERS: Mapping[int, Transfer] = MappingProxyType({16: "pq", 18: "hlg"})
"""By the number in H.273; others are "sdr"."""


@lru_cache(maxsize=4)
def hald(transfer: Transfer, primaries: int) -> npt.NDArray[np.uint16]:
    """The table as a picture, uint16 RGB `[LEVEL³, LEVEL³, 3]`: at each place the colour that stands for the place's
    own, red fastest, as FFmpeg's `haldclut` reads it."""
    import numpy as np

    points = np.linspace(0, 1, LEVEL**2)
    blue, green, red = np.meshgrid(points, points, points, indexing="ij")
    signal = np.stack([red, green, blue], -1).reshape(-1, 3)
    return np.round(shown(signal, transfer, primaries) * 65535).astype(np.uint16).reshape(LEVEL**3, LEVEL**3, 3)


def shown(signal: Values, transfer: Transfer, primaries: int) -> Values:
    """RGB signals in [0, 1], `[N, 3]`, as those of an sRGB or BT.709 screen."""
    import numpy as np

    light = _LIGHT[transfer](signal)
    if primaries in WIDE:
        light = light @ to_bt709(WIDE[primaries]).T
    light = np.maximum(light, 0)
    strongest = np.maximum(light.max(-1, keepdims=True), 1e-9)
    limited = _pressed(strongest) if transfer != "sdr" else strongest
    return np.asarray(np.clip(light * limited / strongest, 0, 1) ** (1 / 2.4))


def to_xyz(corners: Corners) -> Values:
    """The matrix from linear RGB to CIE XYZ, `[3, 3]` (SMPTE RP 177)."""
    import numpy as np

    xy = np.array(corners).reshape(4, 2)
    xyz = np.column_stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(1)) / xy[:, 1]])
    strengths = np.linalg.solve(xyz[:3].T, xyz[3])
    return np.asarray(xyz[:3].T * strengths)


def to_bt709(corners: Corners) -> Values:
    """The matrix to linear RGB of BT.709 and sRGB, `[3, 3]`; white stays white."""
    import numpy as np

    matrix = np.linalg.inv(to_xyz(BT709)) @ to_xyz(corners)
    return np.asarray(matrix / matrix.sum(1, keepdims=True))


def _pq(signal: Values) -> Values:
    import numpy as np

    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    return np.asarray((np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10000 / SDR_WHITE)


def _hlg(signal: Values) -> Values:
    import numpy as np

    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return np.asarray(scene**1.2 * PEAK / SDR_WHITE)


def _sdr(signal: Values) -> Values:
    return signal**2.4


_LIGHT: Mapping[Transfer, Callable[[Values], Values]] = MappingProxyType({"pq": _pq, "hlg": _hlg, "sdr": _sdr})


def _pressed(light: Values) -> Values:
    import numpy as np

    peak = PEAK / SDR_WHITE
    a = -(KNEE**2) * (peak - 1) / (KNEE**2 - 2 * KNEE + peak)
    b = (KNEE**2 - 2 * KNEE * peak + peak) / (peak - 1)
    scale = (b**2 + 2 * b * KNEE + KNEE**2) / (b - a)
    return np.asarray(np.where(light <= KNEE, light, np.minimum(scale * (light + a) / (light + b), 1)))
