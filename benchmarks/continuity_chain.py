"""Chains of shots that go on from each other, with the tiny family: what is left of colour and shape, and of motion.

    OMP_NUM_THREADS=2 python -m benchmarks.continuity_chain --shots 10 --seeds 3 --json chain.json
    python -m benchmarks.continuity_chain --ways last_frame overlap_9 --shots 4 --seeds 6

Every shot shows 16 frames; two in a row move the same way, so that the sprite stays in the picture, and the speed is
compared where it should stay. The same chain and seeds for every way of going on; the first shot is text to video. What
is in the JSON file is not rendered again.

- `colour`: difference (CIE76 in Lab) of backdrop and sprite between the last shot and the first.
- `speed`: the sprite's velocity over the 8 frames after a join against the 8 before, in percent off; the median.
- `jump`: how far the place of the sprite right after a join is from where it was on its way to, in pixels.
- `judge`: shape and colour of the sprite, and the backdrop, read from the last shot, in percent right.

`i2v_9`: what I2V makes of several known frames, which it is not made for: 9 of them in its condition, its mask saying
so (docs/decisions/0048-going-on-by-frames.md). wanflow does not render like this.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from wan.request import ClipRequest, Frames
from wan.tiny.judge import judge, moments, sprite_mask
from wan.tiny.measure import SEED, cases
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import HEIGHT, NUM_FRAMES, WIDTH, Scene

SHOWN = 16
"""Frames that the film shows of each shot."""
AROUND = 8
"""Frames on each side of a join that its speeds are of."""
TURNS = {"left_to_right": "right_to_left", "rises": "falls"}
WORDS = {
    "left_to_right": "moves left to right",
    "right_to_left": "moves right to left",
    "rises": "rises",
    "falls": "falls",
}
WAYS = ("last_frame", "overlap_5", "overlap_9", "overlap_13", "i2v_9")
Figures: TypeAlias = dict[str, float]
Render: TypeAlias = Callable[[str, int, Frames], Frames]
"""Frames of a shot that goes on from these, hidden ones left out, from its prompt and seed."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What is drawn, and which way in each shot."""

    scene: Scene
    seed: int

    def motion(self, number: int) -> str:
        """Two shots go on, then two come back."""
        on = self.scene.motion
        return on if number // 2 % 2 == 0 else TURNS[on]

    def prompt(self, number: int) -> str:
        """Of a shot, counted from 0."""
        scene = self.scene
        where = f"in a {scene.place}" if scene.place == "forest" else f"over {scene.place}"
        return f"a {scene.colour} {scene.shape} {WORDS[self.motion(number)]}, {where} at {scene.light}"


def chains(count: int) -> list[Chain]:
    """Held-out scenes whose sprite goes somewhere."""
    some = (case for case in cases(40 * count) if case.scene.motion in TURNS)
    return [Chain(case.scene, case.seed) for case, _ in zip(some, range(count), strict=False)]


class Renderers:
    """The pipelines, each loaded when it is needed first."""

    def __init__(self) -> None:
        self._loaded: dict[str, FamilyRenderer] = {}
        self._firsts: dict[tuple[str, int], Frames] = {}

    def first(self, prompt: str, seed: int) -> Frames:
        """The first shot of a chain, the same for every way."""
        if (prompt, seed) not in self._firsts:
            self._firsts = {(prompt, seed): self._frames("t2v-a14b", prompt, seed)[:SHOWN]}
        return self._firsts[prompt, seed]

    def of(self, way: str) -> Render:
        """What renders the others."""
        kind, _, number = way.rpartition("_")
        if way == "last_frame":
            return lambda prompt, seed, before: self._frames("i2v-a14b", prompt, seed, image=before[-1])[1:]
        known = int(number)
        if kind == "i2v":
            return lambda prompt, seed, before: self._several(prompt, seed, before[-known:])[known:]
        return lambda prompt, seed, before: self._frames("vace-fun-a14b", prompt, seed, before=before[-known:])[known:]

    def _frames(self, variant: str, prompt: str, seed: int, **given: Any) -> Frames:
        renderer = self._renderer(variant)
        state = renderer.pipeline.encode(_request(renderer, prompt, seed, **given))
        frames: Frames = renderer.pipeline.decode(renderer.pipeline.advance(state))
        return frames

    def _several(self, prompt: str, seed: int, known: Frames) -> Frames:
        """By I2V, whose condition holds several known frames in place of one."""
        renderer = self._renderer("i2v-a14b")
        pipeline, count = renderer.pipeline, len(known)
        state = pipeline.encode(_request(renderer, prompt, seed, image=known[0]))
        video = torch.zeros(1, 3, NUM_FRAMES, HEIGHT, WIDTH)
        video[:, :, :count] = torch.from_numpy(known.copy()).permute(3, 0, 1, 2)[None] / 127.5 - 1
        with pipeline.method.parts.use("vae") as vae:
            latents = vae.encode(video)
        mask = state.conditions["image"][:, :4].clone()
        mask[:, :, : 1 + (count - 1) // 4] = 1
        conditions = {**state.conditions, "image": torch.cat([mask, latents], dim=1)}
        frames: Frames = pipeline.decode(pipeline.advance(replace(state, conditions=conditions)))
        return frames

    def _renderer(self, variant: str) -> FamilyRenderer:
        if variant not in self._loaded:
            self._loaded[variant] = FamilyRenderer.load(variant, device="cpu")
        return self._loaded[variant]


def _request(renderer: FamilyRenderer, prompt: str, seed: int, **given: Any) -> ClipRequest:
    return ClipRequest(
        prompt=prompt,
        negative_prompt=renderer.negative_prompt,
        width=renderer.size[0],
        height=renderer.size[1],
        num_frames=NUM_FRAMES,
        sampling=renderer.sampling,
        seed=seed,
        **given,
    )


def measure_chain(chain: Chain, way: str, shots: int, renderers: Renderers) -> Figures:
    """One chain, rendered and read."""
    pieces = [renderers.first(chain.prompt(0), chain.seed)]
    render = renderers.of(way)
    for number in range(1, shots):
        made = render(chain.prompt(number), chain.seed + 1000 * number, np.concatenate(pieces))
        pieces.append(made[:SHOWN])
    film = np.concatenate(pieces)
    joins = [join for join in range(1, shots) if chain.motion(join) == chain.motion(join - 1)]
    speeds, jumps = zip(*(_across(film, join * SHOWN, chain.motion(join)) for join in joins), strict=True)
    last = judge(pieces[-1])
    return {
        "colour": colour_error(pieces[0], pieces[-1]),
        "speed": statistics.median(speeds),
        "speed_held": 100.0 * sum(speed <= 25 for speed in speeds) / len(speeds),
        "jump": statistics.median(jumps),
        "shape_right": 100.0 * (last.shape == chain.scene.shape),
        "colour_right": 100.0 * (last.colour == chain.scene.colour),
        "backdrop_right": 100.0 * ((last.place, last.light) == (chain.scene.place, chain.scene.light)),
    }


def _across(film: Frames, join: int, motion: str) -> tuple[float, float]:
    """How much the speed changes across a join, in percent, and how far the sprite jumps there, in pixels."""
    _, x, y = moments(sprite_mask(film[join - AROUND : join + AROUND])[None])
    way = (x[0] * WIDTH if motion in ("left_to_right", "right_to_left") else y[0] * HEIGHT).double()
    before, after = _line(way[:AROUND]), _line(way[AROUND:])
    jump = abs(float(way[AROUND]) - (before[0] + before[1] * AROUND))
    return 100 * abs(after[1] - before[1]) / max(abs(before[1]), 0.2), jump


def _line(way: Tensor) -> tuple[float, float]:
    """Where it begins, and how far it goes with each frame: least squares."""
    time = torch.arange(len(way)).double()
    centred = time - time.mean()
    slope = float((centred * way).sum() / (centred**2).sum())
    return float(way.mean() - slope * time.mean()), slope


def colour_error(first: Frames, last: Frames) -> float:
    """How far backdrop and sprite of two shots are apart, CIE76; the mean of both."""
    (back, sprite), (other_back, other_sprite) = _colours(first), _colours(last)
    return float(np.linalg.norm(back - other_back) + np.linalg.norm(sprite - other_sprite)) / 2


def _colours(frames: Frames) -> tuple[Any, Any]:
    """The mean colours of backdrop and sprite in Lab."""
    mask = sprite_mask(frames).numpy()[..., None]
    lab = _lab(frames)
    means = [(lab * part).sum((0, 1, 2)) / max(part.sum(), 1) for part in (1 - mask, mask)]
    return means[0], means[1]


def _lab(frames: Frames) -> Any:
    """sRGB to CIE Lab (D65)."""
    rgb = frames.astype(np.float64) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def means(results: Mapping[str, Figures]) -> Figures:
    """Over the chains of one way."""
    names = next(iter(results.values()))
    return {name: round(statistics.mean(each[name] for each in results.values()), 2) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    """Renders what is not in the file yet, and prints the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", default=["last_frame", "overlap_9"], choices=WAYS)
    parser.add_argument("--json", type=Path, help="add the figures to this file; chains already there are kept")
    args = parser.parse_args(arguments)
    done: dict[str, dict[str, Figures]] = json.loads(args.json.read_text()) if args.json and args.json.exists() else {}
    renderers = Renderers()
    for chain in chains(args.seeds):
        for way in args.ways:
            of_way = done.setdefault(f"{way} × {args.shots}", {})
            name = str(chain.seed - SEED)
            if name in of_way:
                continue
            start = time.monotonic()
            of_way[name] = measure_chain(chain, way, args.shots, renderers)
            print(way, name, chain.prompt(0), json.dumps(of_way[name]), f"{time.monotonic() - start:.0f} s", flush=True)
            if args.json:
                args.json.write_text(json.dumps(done, indent=1))
    for way in args.ways:
        print(f"{way:12}", len(done[f"{way} × {args.shots}"]), json.dumps(means(done[f"{way} × {args.shots}"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
