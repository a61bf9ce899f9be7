"""How long a storyboard of 10,000 shots takes to load, each with template, cast, continuity and an asset of its own.

    python benchmarks/check_10k.py [--shots 10000] [--one-asset] [--keep FOLDER]

Prints seconds and peak memory as JSON. The bar: 5 s on two cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

HEADER = """storyboard: 1
title: Ten thousand shots
seed: 7
format: {size: 1280x720, fps: 16}
variables: {product: boat, place: a quiet lake}
look: {style: cut-paper animation, negative: blurry, lighting: soft light}
cast:
  boat: {description: "a white paper {{ product }}", reference: assets/shot_0.png}
  kite: {description: a red kite}
shot_defaults: {duration: 2s, sampling: {num_inference_steps: 12}}
scenes:
"""
SCENE = "  - id: scene_{scene}\n    setting: over {{{{ place }}}} at noon\n    shots:\n"
SHOT = """      - id: shot_{shot}
        prompt: <boat> moves past {{{{ product | title }}}} number {number} while <kite> rises
        image: assets/shot_{asset}.png
        seed: {number}
        transition: {{kind: dissolve, duration: 0.5s}}
"""
CONTINUED = "        continuity: {from: previous, by: last_frame}\n"


def write_storyboard(folder: Path, shots: int, *, one_asset: bool = False) -> Path:
    """The storyboard and its pictures; every second shot of a scene continues the one before."""
    from PIL import Image

    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for number in range(1 if one_asset else shots):
        colour = (number % 256, number // 256 % 256, 90)
        Image.new("RGB", (64, 36), colour).save(folder / "assets" / f"shot_{number}.png")
    parts = [HEADER]
    for number in range(shots):
        scene, shot = divmod(number, 100)
        if shot == 0:
            parts.append(SCENE.format(scene=scene))
        parts.append(SHOT.format(shot=shot, number=number, asset=0 if one_asset else number))
        if shot % 2:
            parts.append(CONTINUED)
            parts[-2] = parts[-2].replace(" image:", " end_image:")  # it starts from the shot before
        elif number == 0:
            parts[-1] = parts[-1].replace("        transition: {kind: dissolve, duration: 0.5s}\n", "")
    path = folder / "ten_thousand.yaml"
    path.write_text("".join(parts))
    return path


def measure(path: Path) -> dict[str, float | int]:
    """Seconds to import and to load (also of processor time), and the peak of memory in MB."""
    start = time.perf_counter()
    from flows.storyboard import load_storyboard

    imported, computed = time.perf_counter(), time.process_time()
    storyboard = load_storyboard(path)
    loaded, cpu = time.perf_counter(), time.process_time() - computed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "shots": len(storyboard.shots),
        "bytes": path.stat().st_size,
        "import_seconds": round(imported - start, 3),
        "load_seconds": round(loaded - imported, 3),
        "load_cpu_seconds": round(cpu, 3),
        "peak_mb": round(peak, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=10_000)
    parser.add_argument("--one-asset", action="store_true", help="all shots start from the same picture")
    parser.add_argument("--keep", type=Path, help="write the storyboard here and keep it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        figures = measure(write_storyboard(folder, arguments.shots, one_asset=arguments.one_asset))
    print(json.dumps(figures))
    return 0 if figures["load_seconds"] <= 5 else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    raise SystemExit(main())
