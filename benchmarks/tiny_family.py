"""Does the tiny family do what its model card says? On combinations of words, and seeds, that training never saw.

    python benchmarks/tiny_family.py [--prompts 100] [--true-clips 500] [--device auto] [--only PART ...] [--json FILE]
        [--sound FILE ...]

Measures the shipped weights through `wan`'s own pipeline: the judge on true clips and fakes, the autoencoders on whole
clips, text-to-video with and without guidance and with the experts swapped, image-to-video with one image and with two,
TI2V with an image and without, faces that speak made-up sounds (and recorded ones: `--sound talk.wav`), figures that
dance, VACE's clips that go on from frames, fill a mask, follow a silhouette, show what a picture shows (24 prompts in
the model card). Prints a line for every bar and writes all figures as JSON. T2V and I2V with 100 prompts: about 45
minutes of one CPU core, a few minutes of a GPU; ten prompts are a good look.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from flows.media import read_audio
from wan.families import FAMILIES
from wan.load import find_device
from wan.request import Audio
from wan.tiny.autoencoding import measure_autoencoder
from wan.tiny.measure import SEED, cases, judge_fakes, judge_truth, measure_i2v, measure_t2v, measure_ti2v
from wan.tiny.measure_faces import made_sound, measure_speech
from wan.tiny.measure_figures import measure_dances
from wan.tiny.measure_vace import measure_vace
from wan.tiny.render import UNGUIDED, FamilyRenderer

Figures = dict[str, float]


@dataclass(frozen=True)
class Bar:
    """A figure and the least it must be, or the most; `less_than` names the part that it is measured against."""

    part: str
    figure: str
    limit: float
    less_than: str | None = None
    at_most: bool = False

    def holds(self, value: float) -> bool:
        return value <= self.limit if self.at_most else value >= self.limit

    def value(self, results: dict[str, Figures]) -> float | None:
        if self.part not in results or (self.less_than and self.less_than not in results):
            return None
        value = results[self.part][self.figure]
        return value if self.less_than is None else results[self.less_than][self.figure] - value


SCORES = (("backdrop", 90.0), ("colour", 90.0), ("shape", 80.0), ("motion", 80.0))
BARS = (
    Bar("judge", "read_percent", 100.0),
    Bar("judge", "fakes_refused_percent", 100.0),
    Bar("autoencoder", "psnr_db", 28.0),
    Bar("t2v", "backdrop", 90.0),
    Bar("t2v", "colour", 90.0),
    Bar("t2v", "shape", 80.0),
    Bar("t2v", "motion", 80.0),
    Bar("t2v_unguided", "mean", 10.0, less_than="t2v"),
    Bar("t2v_swapped", "mean", 10.0, less_than="t2v"),
    Bar("i2v", "first_frame_db", 26.0),
    Bar("i2v_last", "first_frame_db", 26.0),
    Bar("i2v_last", "last_frame_db", 22.0),
    Bar("autoencoder22", "psnr_db", 28.0),
    *(Bar(part, figure, least) for part in ("ti2v", "ti2v_image") for figure, least in SCORES),
    Bar("ti2v_image", "first_frame_db", 26.0),
    *(
        Bar(part, figure, 0.7)
        for part in ("s2v", "s2v_recorded")
        for figure in ("correlation", "correlation_second_clip")
    ),
    *(Bar(part, "offset_largest", 1.0, at_most=True) for part in ("s2v", "s2v_recorded")),
    Bar("animate", "error_percent", 5.0, at_most=True),
    Bar("animate", "error_percent_second_clip", 5.0, at_most=True),
    Bar("animate", "lost", 0.0, at_most=True),
    *(
        Bar("vace", f"{way}_{figure}", 85.0)
        for way in ("extend", "inpaint", "silhouette")
        for figure in ("shape", "colour", "motion")
    ),
    Bar("vace", "reference_colour", 85.0),  # of its shape nothing is claimed
    Bar("vace", "reference_motion", 85.0),
    Bar("vace", "extend_known_db", 26.0),
    Bar("vace", "inpaint_kept_db", 36.0),
)


def measure_judge(count: int) -> Figures:
    fakes = judge_fakes()
    return judge_truth(count) | {"fakes_refused_percent": 100.0 * sum(fakes.values()) / len(fakes)}


def recorded(paths: list[Path]) -> list[Audio]:
    """Sound files as mono samples."""
    return [Audio(*read_audio(path)) for path in paths]


def parts(prompts: int, true_clips: int, device: str, sounds: list[Path]) -> dict[str, Callable[[], Figures]]:
    some = cases(prompts)

    def t2v(**how: object) -> Figures:
        return measure_t2v(FamilyRenderer.load("t2v-a14b", device=device, **how), some)  # type: ignore[arg-type]

    def i2v(with_last: bool, **how: object) -> Figures:
        renderer = FamilyRenderer.load("i2v-a14b", device=device, **how)  # type: ignore[arg-type]
        return measure_i2v(renderer, some, with_last=with_last)

    def ti2v(with_image: bool) -> Figures:
        renderer = FamilyRenderer.load("ti2v-5b", device=device)
        return measure_ti2v(renderer, some, with_image=with_image)

    def s2v(audios: list[Audio]) -> Figures:
        return measure_speech(FamilyRenderer.load("s2v-14b", device=device), audios)

    found = {
        "judge": lambda: measure_judge(true_clips),
        "autoencoder": lambda: measure_autoencoder(FAMILIES["tiny"], min(prompts, 40), device=device),
        "t2v": t2v,
        "t2v_unguided": lambda: t2v(guidance=UNGUIDED),
        "t2v_swapped": lambda: t2v(swap_experts=True),
        "i2v": lambda: i2v(False),
        "i2v_last": lambda: i2v(True),
        "i2v_unguided": lambda: i2v(False, guidance=UNGUIDED),
        "i2v_swapped": lambda: i2v(False, swap_experts=True),
        "autoencoder22": lambda: measure_autoencoder(
            FAMILIES["tiny"], min(prompts, 40), device=device, variant="ti2v-5b"
        ),
        "ti2v": lambda: ti2v(False),
        "ti2v_image": lambda: ti2v(True),
        "s2v": lambda: s2v([made_sound(SEED + i, 6.0) for i in range(min(prompts, 10))]),
        "animate": lambda: measure_dances(FamilyRenderer.load("animate-14b", device=device), min(prompts, 10)),
        "vace": lambda: measure_vace(FamilyRenderer.load("vace-fun-a14b", device=device), some),
    }
    if sounds:
        found["s2v_recorded"] = lambda: s2v(recorded(sounds))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--true-clips", type=int, default=500)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only", nargs="+", metavar="PART", help=f"some of {', '.join(parts(1, 1, 'cpu', [Path()]))}")
    parser.add_argument("--sound", type=Path, action="append", default=[], help="a recording for s2v_recorded")
    parser.add_argument("--json", type=Path, help="add the figures to this file; parts already there are kept")
    args = parser.parse_args()
    device = str(find_device(args.device))
    results: dict[str, Figures] = {}
    if args.json and args.json.exists():
        results = json.loads(args.json.read_text())["results"]
    for name, part in parts(args.prompts, args.true_clips, device, args.sound).items():
        if args.only and name not in args.only:
            continue
        start = time.monotonic()
        results[name] = part() | {"seconds": round(time.monotonic() - start, 1)}
        print(name, json.dumps({key: round(value, 2) for key, value in results[name].items()}), flush=True)
    failed = report(results)
    if args.json:
        machine = {"device": device, "torch": torch.__version__, "python": platform.python_version()}
        args.json.write_text(json.dumps({"machine": machine, "prompts": args.prompts, "results": results}, indent=1))
    return 1 if failed else 0


def report(results: dict[str, Figures]) -> int:
    """Prints a line a bar; returns how many were missed."""
    missed = 0
    for bar in BARS:
        value = bar.value(results)
        if value is None:
            continue
        name = f"{bar.part} {bar.figure}" + (f", points lost against {bar.less_than}" if bar.less_than else "")
        missed += not bar.holds(value)
        sign = "≤" if bar.at_most else "≥"
        print(f"{'ok    ' if bar.holds(value) else 'MISSED'} {value:7.2f} {sign} {bar.limit:6.2f}  {name}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
