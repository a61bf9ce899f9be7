"""What a pool is given to do in `benchmarks.pool`: films of four variants that come one after another, from a seed.

Seconds are those measured on one H200 (docs/benchmarks.md): guided steps in `reference` precision, compiled, with the
quickest kernel measured, times the variant's steps, and decoding.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from flows.clips import ClipSpec, HandOff
from flows.planning.model import Clip
from wan.request import Guidance, Numerics, Sampling

VARIANTS = ("t2v-a14b", "i2v-a14b", "ti2v-5b", "s2v-14b")
SECONDS = {
    ("t2v-a14b", 720): 40 * 19.76 + 3.8,
    ("t2v-a14b", 480): 40 * 5.13 + 1.5,
    ("i2v-a14b", 720): 40 * 19.83 + 3.8,
    ("i2v-a14b", 480): 40 * 5.56 + 1.5,
    ("ti2v-5b", 720): 50 * 1.77 + 5.9,
    ("ti2v-5b", 480): 50 * 1.77 + 5.9,
    ("s2v-14b", 720): 40 * 15.27 + 3.8,
    ("s2v-14b", 480): 40 * 5.85 + 1.5,
}
"""A clip, by variant and the height of its film (TI2V has one size)."""
WEIGHTS_GB = {"t2v-a14b": 64.0, "i2v-a14b": 64.0, "ti2v-5b": 23.0, "s2v-14b": 46.0}
ROOM_GB = 120.0
"""For weights, of one H200: two models of 14 billion parameters with two experts each do not fit beside each other."""
LOAD_SECONDS = 180.0
WRONG_BY = 0.05
"""Standard deviation of what a clip takes, against what was estimated."""
OVERHEAD_SECONDS = 0.12
"""A clip's, beside its rendering (`benchmarks.overhead`)."""


@dataclass(frozen=True, slots=True)
class Film:
    """Clips that are submitted together, `at` seconds after the first film's."""

    name: str
    at: float
    clips: tuple[Clip, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that a pool is given, and what each clip will really take, by fingerprint."""

    films: tuple[Film, ...]
    takes: dict[str, float]

    @property
    def clips(self) -> dict[str, Clip]:
        return {clip.fingerprint: clip for film in self.films for clip in film.clips}


def work_of(seed: int, clips: int, workers: int) -> Work:
    """Films of 5 to 150 clips, `clips` in all. A third of them are there at once; the others come in the first third of
    the time that the workers need for everything, so that the pool has something to do until the end."""
    dice = random.Random(f"pool {seed}")
    made: list[tuple[Clip, ...]] = []
    left = clips
    while left:
        size = min(left, max(5, min(150, round(dice.lognormvariate(3.3, 0.9)))))
        made.append(tuple(_film(dice, f"s{seed}f{len(made)}", size)))
        left -= size
    takes = {
        clip.fingerprint: clip.estimated_seconds * max(0.5, dice.gauss(1.0, WRONG_BY)) for film in made for clip in film
    }
    window = sum(takes.values()) / workers / 3
    there = max(1, len(made) // 3)
    times = [0.0] * there + sorted(dice.uniform(0, window) for _ in made[there:])
    films = (Film(f"film {n}", at, each) for n, (at, each) in enumerate(zip(times, made, strict=True)))
    return Work(tuple(films), takes)


def _film(dice: random.Random, name: str, size: int) -> Iterator[Clip]:
    """Scenes: a first shot from text, and shots that go on from each other, with cuts; people who speak for up to four
    clips; drafts by the small model."""
    height = dice.choice((720, 480))
    made = 0
    while made < size:
        kind = dice.choices(("scene", "speech", "draft"), (5, 2, 2))[0]
        length = min(size - made, {"scene": dice.randint(1, 6), "speech": dice.randint(1, 4), "draft": 1}[kind])
        before: str | None = None
        for link in range(length):
            variant = {"scene": "i2v-a14b" if link else "t2v-a14b", "speech": "s2v-14b", "draft": "ti2v-5b"}[kind]
            if kind == "scene" and link and dice.random() < 0.3:
                before, variant = None, "t2v-a14b"  # a cut
            clip = _clip(f"{name}c{made}", variant, height, before)
            yield clip
            before, made = clip.fingerprint, made + 1


def _clip(name: str, variant: str, height: int, before: str | None) -> Clip:
    spec = ClipSpec(
        variant=variant,
        render_epoch=1,
        checkpoint=variant,
        prompt=name,
        negative_prompt="",
        width=height * 16 // 9,
        height=height,
        num_frames=81,
        seed=1,
        sampling=Sampling(40, 5.0, Guidance(4.0, 3.0)),
        numerics=Numerics(precision="reference", attention="sdpa", compile=True),
        hand_off=HandOff(((before,),)) if before else None,
    )
    return Clip(fingerprint=name, spec=spec, fps=16, estimated_seconds=SECONDS[variant, height])
