"""The judge: reads shape, colour, place, light and motion back from a clip's pixels, or says that it cannot.

It knows the world's drawings and nothing of the models. The backdrop is the nearest of the nine; what differs from it
beyond waves and shadows is the sprite; its outline is compared with the eight, its colour with the palette, and its
way and size over time with the six motions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from wan.tiny import backdrops, outlines
from wan.tiny.world import COLOURS, LIGHTS, MOTIONS, PALETTE, PLACES, SHAPES, Scene

SAMPLES = 9
"""Frames looked at, evenly spread from the first to the last."""
MAX_BACKDROP_ERROR = 0.07
"""Mean capped difference (0 to 1) from the nearest backdrop above which there is none of them."""
SPRITE_CONTRAST = 0.13
SHADOW_RANGE = (0.62, 1.07)
MIN_AREA, MAX_AREA = 0.0025, 0.35
MIN_OUTLINE, MAX_COLOUR_ERROR = 0.62, 0.30
LEAST_MOVE = {"across": 0.12, "along": 0.11, "zoom": 0.26}
"""Of the width, of the height, log ratio of sizes: below all three the sprite stands still."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the judge reads; None where it cannot tell. `confidence` 0 to 1 is how well the outline fits."""

    shape: str | None
    colour: str | None
    place: str | None
    light: str | None
    motion: str | None
    confidence: float

    @property
    def scene(self) -> Scene | None:
        """The whole scene, if everything could be read."""
        if self.shape and self.colour and self.place and self.light and self.motion:
            return Scene(self.shape, self.colour, self.place, self.light, self.motion)
        return None


def judge(frames: npt.NDArray[np.uint8] | Tensor) -> Reading:
    """Reads one clip, `uint8` `[F, H, W, 3]`, at the native size or another of the same aspect; F ≥ 9."""
    return judge_batch(torch.as_tensor(frames)[None])[0]


@torch.no_grad()
def judge_batch(clips: Tensor) -> list[Reading]:
    """Reads clips `uint8` `[B, F, H, W, 3]` on the device they are on."""
    if clips.ndim != 5 or clips.shape[-1] != 3 or clips.shape[1] < SAMPLES:
        raise ValueError(f"the judge wants [B, F>={SAMPLES}, H, W, 3], not {list(clips.shape)}")
    spread = torch.linspace(0, clips.shape[1] - 1, SAMPLES).round().long()
    video = clips[:, spread].permute(0, 1, 4, 2, 3).float() / 255
    stills = backdrops.stills(video.shape[-1], video.shape[-2], str(video.device))
    backdrop, error = _nearest_backdrop(video, stills)
    mask = _sprite_mask(video, stills[backdrop])
    area, x, y = moments(mask)
    colour, colour_error = _nearest_colour(video, mask)
    visible = (area > MIN_AREA) & (area < MAX_AREA)
    shape, fit = outlines.nearest_shape(mask, area, x, y, visible)
    return [
        _reading(int(backdrop[i]), float(error[i]), int(colour[i]), float(colour_error[i]), int(shape[i]),
                 float(fit[i]), _motion(area[i], x[i], y[i], visible[i]))
        for i in range(len(clips))
    ]  # fmt: skip


@torch.no_grad()
def sprite_mask(frames: npt.NDArray[np.uint8] | Tensor) -> Tensor:
    """Which pixels of a clip `uint8` `[F, H, W, 3]` are sprite: `[F, H, W]`, 0 or 1."""
    video = torch.as_tensor(frames)[None].permute(0, 1, 4, 2, 3).float() / 255
    stills = backdrops.stills(video.shape[-1], video.shape[-2], str(video.device))
    backdrop, _ = _nearest_backdrop(video, stills)
    return _sprite_mask(video, stills[backdrop])[0]


def _reading(
    backdrop: int, error: float, colour: int, colour_error: float, shape: int, fit: float, motion: str | None
) -> Reading:
    if error > MAX_BACKDROP_ERROR:
        return Reading(None, None, None, None, None, 0.0)
    place, light = PLACES[backdrop // len(LIGHTS)], LIGHTS[backdrop % len(LIGHTS)]
    is_sprite = fit > 0
    return Reading(
        shape=SHAPES[shape] if fit >= MIN_OUTLINE else None,
        colour=COLOURS[colour] if is_sprite and colour_error <= MAX_COLOUR_ERROR else None,
        place=place,
        light=light,
        motion=motion,
        confidence=max(0.0, fit),
    )


def _nearest_backdrop(video: Tensor, stills: Tensor) -> tuple[Tensor, Tensor]:
    """Index of each clip's backdrop and its error; a pixel's share is capped, so that sprites count little."""
    middle = video.median(dim=1).values
    error = (middle[:, None] - stills).abs().mean(2).clamp(max=0.25).mean((-1, -2))
    lowest = error.min(dim=1)
    return lowest.indices, lowest.values


def _sprite_mask(video: Tensor, still: Tensor) -> Tensor:
    """Which pixels are sprite, `[B, F, H, W]` 0 or 1: unlike the backdrop, also unlike the backdrop in shadow."""
    still = still[:, None]
    shade = ((video * still).sum(2, keepdim=True) / (still * still).sum(2, keepdim=True).clamp(min=1e-4)).clamp(
        *SHADOW_RANGE
    )
    contrast = (video - shade * still).norm(dim=2)
    frames = F.avg_pool2d(contrast, 3, stride=1, padding=1)
    return largest_blob((frames > SPRITE_CONTRAST).float())


def largest_blob(mask: Tensor) -> Tensor:
    """Keeps the blob that holds the densest spot of each frame: floods from there inside the mask, at half size."""
    small = F.max_pool2d(mask, 2)
    density = F.avg_pool2d(small, 9, stride=1, padding=4)
    peak = density.flatten(2).argmax(-1, keepdim=True)
    flood = torch.zeros_like(small).flatten(2).scatter_(2, peak, 1.0).view_as(small)
    # A ring's densest spot may be its hole: let the seed spread a little before it must stay inside the mask.
    flood = F.max_pool2d(flood, 9, stride=1, padding=4) * small
    wet = -1.0
    while (total := float(flood.sum())) > wet:
        wet = total
        for _ in range(4):
            flood = F.max_pool2d(flood, 5, stride=1, padding=2) * small
    return mask * F.interpolate(flood, size=mask.shape[-2:], mode="nearest")


def moments(mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Area (of the picture) and centre (of width and height) of the sprite in each frame, `[B, F]` each."""
    height, width = mask.shape[-2:]
    total = mask.sum((-1, -2))
    across = (torch.arange(width, device=mask.device) + 0.5) / width
    along = (torch.arange(height, device=mask.device) + 0.5) / height
    x = (mask.sum(-2) * across).sum(-1) / total.clamp(min=1)
    y = (mask.sum(-1) * along).sum(-1) / total.clamp(min=1)
    return total / (width * height), x, y


def _nearest_colour(video: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Index and error of the palette's colour nearest to the sprite's inside, whatever the fold's shade."""
    inside = (F.avg_pool2d(mask, 5, stride=1, padding=2) > 0.99).float()[:, :, None]
    mean = (video * inside).sum((1, 3, 4)) / inside.sum((1, 3, 4)).clamp(min=1)
    palette = torch.tensor([PALETTE[colour] for colour in COLOURS], device=video.device)
    shade = ((mean[:, None] * palette).sum(-1) / (palette * palette).sum(-1)).clamp(0.86, 1.05)
    error = (mean[:, None] - shade[..., None] * palette).norm(dim=-1)
    lowest = error.min(dim=1)
    return lowest.indices, lowest.values


def _motion(area: Tensor, x: Tensor, y: Tensor, visible: Tensor) -> str | None:
    """The motion word for a sprite's area and centre over the frames in which it is visible; None: none, or still."""
    if int(visible.sum()) < SAMPLES // 2 + 1:
        return None
    time = torch.linspace(0, 1, SAMPLES, device=area.device)[visible]
    across, along = _slope(time, x[visible]), _slope(time, y[visible])
    zoom = 0.5 * _slope(time, area[visible].log())
    moves = {
        ("right_to_left", "left_to_right"): across / LEAST_MOVE["across"],
        ("rises", "falls"): along / LEAST_MOVE["along"],
        ("away", "closer"): zoom / LEAST_MOVE["zoom"],
    }
    (less, more), move = max(moves.items(), key=lambda item: abs(item[1]))
    if abs(move) < 1:
        return None
    word = more if move > 0 else less
    assert word in MOTIONS
    return word


def _slope(time: Tensor, values: Tensor) -> float:
    """The least-squares change of `values` over the whole clip."""
    centred = time - time.mean()
    return float((centred * values).sum() / (centred * centred).sum())
