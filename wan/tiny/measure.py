"""The tiny family's bars, measured through any `Renderer` on combinations and seeds that training never saw."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wan.tiny import captions
from wan.tiny.draw import draw_batch, stage, to_frames
from wan.tiny.judge import Reading, judge_batch
from wan.tiny.render import Clips, Renderer
from wan.tiny.world import NUM_FRAMES, Scene, held_out_scenes

SEED = 910_000_000
"""Measuring draws its seeds from here on; training's are below 10⁸ or above 10⁹."""
BATCH = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A held-out scene, one way to say it, and a seed."""

    scene: Scene
    prompt: str
    seed: int


def cases(count: int, *, seed: int = SEED) -> list[Case]:
    """Different held-out scenes (as far as there are enough), one seed each."""
    rng = random.Random(seed)
    scenes = list(held_out_scenes())
    rng.shuffle(scenes)
    chosen = [scenes[i % len(scenes)] for i in range(count)]
    return [Case(scene, captions.caption(scene, rng), seed + i) for i, scene in enumerate(chosen)]


def read_clips(clips: Tensor) -> list[Reading]:
    """The judge on `uint8` `[B, F, H, W, 3]`, a few at a time."""
    return [reading for start in range(0, len(clips), BATCH) for reading in judge_batch(clips[start : start + BATCH])]


def scores(readings: Sequence[Reading], scenes: Sequence[Scene]) -> dict[str, float]:
    """Percent right of backdrop (place and light), colour, shape, motion, and their mean."""
    pairs = list(zip(readings, scenes, strict=True))
    right = {
        "backdrop": sum((r.place, r.light) == (s.place, s.light) for r, s in pairs),
        "colour": sum(r.colour == s.colour for r, s in pairs),
        "shape": sum(r.shape == s.shape for r, s in pairs),
        "motion": sum(r.motion == s.motion for r, s in pairs),
    }
    percent = {name: 100.0 * hits / len(pairs) for name, hits in right.items()}
    return percent | {"mean": sum(percent.values()) / len(percent)}


def psnr(a: Tensor, b: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of two `uint8` pictures or clips."""
    error = float(((a.float() - b.float()) ** 2).mean())
    return 10 * math.log10(255**2 / max(error, 1e-3))


def true_clips(some: Sequence[Case], *, anywhere: bool = False, device: str = "cpu") -> Tensor:
    """What the cases look like when drawn, `uint8` `[B, F, H, W, 3]`."""
    pieces = []
    for start in range(0, len(some), BATCH):
        stagings = [stage(case.scene, case.seed, anywhere=anywhere) for case in some[start : start + BATCH]]
        pieces.append(torch.from_numpy(to_frames(draw_batch(stagings, device=device)[0])))
    return torch.cat(pieces)


def judge_truth(count: int, device: str = "cpu") -> dict[str, float]:
    """How many of `count` true clips the judge reads whole, in percent, over all of the world's scenes."""
    rng, right = random.Random(SEED), 0
    for start in range(0, count, BATCH):
        some = [
            Case(rng.choice(held_out_scenes()), "", SEED + 1000 + i) for i in range(start, min(start + BATCH, count))
        ]
        readings = judge_batch(true_clips(some, device=device).to(device))
        right += sum(reading.scene == case.scene for reading, case in zip(readings, some, strict=True))
    return {"clips": float(count), "read_percent": 100.0 * right / count}


def judge_fakes() -> dict[str, bool]:
    """Whether the judge refuses noise, blank clips, a backdrop without a sprite, and a sprite that stands still."""
    generator = torch.Generator().manual_seed(SEED)
    noise = torch.randint(0, 256, (1, NUM_FRAMES, 144, 256, 3), generator=generator, dtype=torch.uint8)
    blank = torch.full_like(noise, 128)
    true = true_clips(cases(1))
    still = true[:, :1].expand_as(true)
    noisy_still = (still.float() + 8 * torch.randn(still.shape, generator=generator)).clamp(0, 255).to(torch.uint8)
    fakes = {"noise": noise, "blank": blank, "static": still, "static with grain": noisy_still}
    return {name: judge_batch(clip)[0].scene is None for name, clip in fakes.items()}


def measure_t2v(renderer: Renderer, some: Sequence[Case]) -> dict[str, float]:
    """The four scores of text-to-video."""
    clips = renderer.render([case.prompt for case in some], [case.seed for case in some])
    return scores(read_clips(clips), [case.scene for case in some])


def measure_i2v(renderer: Renderer, some: Sequence[Case], *, with_last: bool) -> dict[str, float]:
    """The four scores of image-to-video, and how near its first (and last) frame is to the image given, in dB.

    The image is the first frame of a true clip of the scene; with `with_last` its last frame is given too.
    """
    true = true_clips(some)
    first: Clips = np.ascontiguousarray(true[:, 0].numpy())
    last: Clips | None = np.ascontiguousarray(true[:, -1].numpy()) if with_last else None
    prompts, seeds = [case.prompt for case in some], [case.seed for case in some]
    clips = renderer.render(prompts, seeds, first=first, last=last)
    result = scores(read_clips(clips), [case.scene for case in some])
    clips = clips.cpu()
    firsts = [psnr(clip[0], image) for clip, image in zip(clips, true[:, 0], strict=True)]
    lasts = [psnr(clip[-1], image) for clip, image in zip(clips, true[:, -1], strict=True)]
    result |= {"first_frame_db": sum(firsts) / len(firsts), "first_frame_lowest_db": min(firsts)}
    if with_last:
        result |= {"last_frame_db": sum(lasts) / len(lasts), "last_frame_lowest_db": min(lasts)}
    return result


def measure_ti2v(renderer: Renderer, some: Sequence[Case], *, with_image: bool) -> dict[str, float]:
    """The four scores of TI2V, from a prompt alone or with the first frame of a true clip; then also how near its first
    frame is to that, in dB."""
    prompts, seeds = [case.prompt for case in some], [case.seed for case in some]
    if not with_image:
        return scores(read_clips(renderer.render(prompts, seeds)), [case.scene for case in some])
    true = true_clips(some)
    clips = renderer.render(prompts, seeds, first=np.ascontiguousarray(true[:, 0].numpy())).cpu()
    firsts = [psnr(clip[0], image) for clip, image in zip(clips, true[:, 0], strict=True)]
    result = scores(read_clips(clips), [case.scene for case in some])
    return result | {"first_frame_db": sum(firsts) / len(firsts), "first_frame_lowest_db": min(firsts)}
