"""Pictures with a cast laid on them, and how far apart colours are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIE L*a*b* (D65) of sRGB 0 to 255, `[..., 3]`: not the space that anchoring reckons in."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T / _WHITE
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb_of(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The way back, not rounded and cut off at 0 and 255."""
    y = (colours[..., 0] + 16) / 116
    bent = np.stack([y + colours[..., 1] / 500, y, y - colours[..., 2] / 200], axis=-1)
    xyz = np.where(bent**3 > 216 / 24389, bent**3, (116 * bent - 16) * 27 / 24389) * _WHITE
    linear: npt.NDArray[np.float64] = np.clip(xyz @ np.linalg.inv(_XYZ).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def delta_e(one: Frames, other: Frames) -> float:
    """ΔE (CIE 1976) of pixels, on the mean: 2.3 is what can just be seen."""
    return float(np.linalg.norm(lab(one.astype(float)) - lab(other.astype(float)), axis=-1).mean())


def usual_delta_e(one: Frames, other: Frames) -> float:
    """The same of the pixel in the middle: what a few of them show, which are of another thing, does not count."""
    return float(np.median(np.linalg.norm(lab(one.astype(float)) - lab(other.astype(float)), axis=-1)))


def cast(frames: Frames, lightness: float = 0.0, red: float = 0.0, yellow: float = 0.0) -> Frames:
    """Shifted in CIE L*a*b*, all alike: what a decoder does that is a little off."""
    return np.rint(rgb_of(lab(frames.astype(float)) + np.array([lightness, red, yellow]))).astype(np.uint8)


def picture(seed: int, height: int = 36, width: int = 64) -> Frames:
    """A sky, a ground and a thing in front of them, no colour glaring, with grain, uint8 `[height, width, 3]`."""
    rng = np.random.default_rng(seed)
    sky, ground, thing = rng.integers(70, 186, (3, 1)) + rng.integers(-30, 31, (3, 3))
    horizon = int(height * rng.uniform(0.35, 0.65))
    fade = np.linspace(-30, 30, height)[:, None, None]
    made = np.broadcast_to(fade + sky, (height, width, 3)).copy()
    made[horizon:] = ground
    top, left = int(height * rng.uniform(0.2, 0.5)), int(width * rng.uniform(0.1, 0.7))
    made[top : top + height // 4, left : left + width // 6] = thing
    return np.clip(np.rint(made + rng.normal(0, 2, made.shape)), 0, 255).astype(np.uint8)


def clip_of(seed: int, frames: int = 20) -> Frames:
    """The picture, standing still for so many frames, uint8 `[frames, 36, 64, 3]`."""
    return np.repeat(picture(seed)[None], frames, axis=0)
