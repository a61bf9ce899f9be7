"""The bars of the tiny VACE, on combinations and seeds that training never saw: going on from frames, references,
masks, silhouettes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wan.request import ArrayVideo, ClipRequest
from wan.tiny import captions
from wan.tiny.draw import Staging, draw_batch, draw_on_white, stage, to_frames
from wan.tiny.judge import Reading
from wan.tiny.measure import Case, psnr, read_clips
from wan.tiny.paths import Path
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import NUM_FRAMES

KNOWN = 9
"""Frames that a clip goes on from: the 4n + 1 that the pipeline takes."""


def measure_vace(renderer: FamilyRenderer, some: Sequence[Case]) -> dict[str, float]:
    """Percent right of shape, colour and motion, and dB of what had to be kept, of each way to be controlled."""
    drawn = [draw_batch([stage(case.scene, case.seed)]) for case in some]
    true = [torch.from_numpy(to_frames(video))[0] for video, _ in drawn]
    silhouettes = [_grey(alpha) for _, alpha in drawn]
    masks = [_boxes(alpha) for _, alpha in drawn]
    result: dict[str, float] = {}
    extended = _render(renderer, some, [{"before": clip[:KNOWN].numpy()} for clip in true])
    known = [psnr(clip[:KNOWN], wanted[:KNOWN]) for clip, wanted in zip(extended, true, strict=True)]
    result |= _right("extend", extended, some) | {"extend_known_db": sum(known) / len(known)}
    shown = [{"references": (_portrait(case),)} for case in some]
    unnamed = [_unnamed(case) for case in some]
    result |= _right("reference", _render(renderer, some, shown, unnamed), some)
    inside = [
        {"control": ArrayVideo(clip.numpy()), "mask": ArrayVideo(mask)} for clip, mask in zip(true, masks, strict=True)
    ]
    painted = _render(renderer, some, inside)
    kept = [_outside(clip, wanted, mask) for clip, wanted, mask in zip(painted, true, masks, strict=True)]
    result |= _right("inpaint", painted, some) | {"inpaint_kept_db": sum(kept) / len(kept)}
    steered = _render(renderer, some, [{"control": ArrayVideo(video)} for video in silhouettes])
    return result | _right("silhouette", steered, some)


def _render(
    renderer: FamilyRenderer, some: Sequence[Case], media: Sequence[dict[str, Any]], prompts: Sequence[str] = ()
) -> list[Tensor]:
    width, height = renderer.size
    clips = []
    for number, (case, given) in enumerate(zip(some, media, strict=True)):
        request = ClipRequest(
            prompt=prompts[number] if prompts else case.prompt,
            negative_prompt=renderer.negative_prompt,
            width=width,
            height=height,
            num_frames=NUM_FRAMES,
            sampling=renderer.sampling,
            seed=case.seed,
            **given,
        )
        pipeline = renderer.pipeline
        clips.append(torch.from_numpy(pipeline.decode(pipeline.advance(pipeline.encode(request)))))
    return clips


def _right(name: str, clips: Sequence[Tensor], some: Sequence[Case]) -> dict[str, float]:
    readings: list[Reading] = read_clips(torch.stack(list(clips)))
    pairs = [(reading, case.scene) for reading, case in zip(readings, some, strict=True)]
    hits = {
        "shape": sum(reading.shape == scene.shape for reading, scene in pairs),
        "colour": sum(reading.colour == scene.colour for reading, scene in pairs),
        "motion": sum(reading.motion == scene.motion for reading, scene in pairs),
    }
    return {f"{name}_{what}": 100.0 * count / len(pairs) for what, count in hits.items()}


def _portrait(case: Case) -> Any:
    """The sprite alone on white, `uint8` `[H, W, 3]`."""
    path = Path((0.5, 0.5), (0.5, 0.5), (0.32, 0.32))
    return to_frames(draw_on_white([Staging(case.scene, path, 0.0)])[:, :, None])[0, 0]


def _unnamed(case: Case) -> str:
    """A prompt that says neither shape nor colour."""
    rng = random.Random(case.seed)
    where = f"{captions.PLACE_PHRASES[case.scene.place][0]} {captions.LIGHT_PHRASES[case.scene.light][0]}"
    return f"a paper toy {rng.choice(captions.MOTION_PHRASES[case.scene.motion])}, {where}"


def _grey(alpha: Tensor) -> Any:
    """White where the sprite is, black elsewhere: `uint8` `[F, H, W, 3]`."""
    return (alpha[0, 0] * 255).round().to(torch.uint8)[..., None].expand(-1, -1, -1, 3).numpy().copy()


def _boxes(alpha: Tensor) -> Any:
    """White in a box around the sprite's whole way."""
    seen = alpha[0, 0].amax(0) > 0.5
    rows, columns = torch.nonzero(seen.any(1)).flatten(), torch.nonzero(seen.any(0)).flatten()
    mask = np.zeros((*alpha.shape[2:], 3), np.uint8)
    top, left = max(int(rows[0]) - 10, 0), max(int(columns[0]) - 10, 0)
    mask[:, top : int(rows[-1]) + 11, left : int(columns[-1]) + 11] = 255
    return mask


def _outside(clip: Tensor, wanted: Tensor, mask: Any) -> float:
    """dB of the pixels that the mask keeps."""
    kept = torch.from_numpy(mask[..., 0] == 0)
    return psnr(clip[kept], wanted[kept])
