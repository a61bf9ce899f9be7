"""How much faster the autoencoder is than diffusers' frame-by-frame loop, in one run, with the tiny family's shape.

    OMP_NUM_THREADS=2 python benchmarks/vae_decode.py [--repeats 3] [--json FILE]

Weights are random: speed does not depend on them. Prints seconds (best of the repeats), the ratio, and the difference.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from wan.model.vae import Vae
from wan.tiny.models import build_vae

FRAMES, HEIGHT, WIDTH = 33, 144, 256


def best(action: Callable[[], Tensor], repeats: int) -> tuple[float, Tensor]:
    """Seconds of the fastest call and its result, after one call to warm up."""
    result, seconds = action(), []
    for _ in range(repeats):
        start = time.perf_counter()
        result = action()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


@torch.inference_mode()
def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Decode and encode one clip both ways."""
    torch.manual_seed(0)
    model = build_vae().eval()
    latents = torch.randn(1, 16, (FRAMES - 1) // 4 + 1, HEIGHT // 8, WIDTH // 8)
    video = torch.rand(1, 3, FRAMES, HEIGHT, WIDTH) * 2 - 1
    # diffusers first, with the memory layout it has by itself: `Vae` changes that of the weights
    loops = {
        "decode": best(lambda: model.decode(latents).sample, repeats),
        "encode": best(lambda: model.encode(video).latent_dist.mode(), repeats),
    }
    vae = Vae(model)  # the statistics of a fresh model are 0 and 1, so latents are comparable
    wholes = {"decode": best(lambda: vae.decode(latents), repeats), "encode": best(lambda: vae.encode(video), repeats)}
    return {
        name: {
            "diffusers_seconds": loop_seconds,
            "wan_seconds": wholes[name][0],
            "ratio": loop_seconds / wholes[name][0],
            "largest_difference": float((wanted - wholes[name][1]).abs().max()),
        }
        for name, (loop_seconds, wanted) in loops.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = measure(arguments.repeats)
    for name, row in figures.items():
        print(
            f"{name}: {row['diffusers_seconds']:.2f} s by diffusers' loop, {row['wan_seconds']:.2f} s whole, "
            f"{row['ratio']:.1f}x, differs by {row['largest_difference']:.1e} ({torch.get_num_threads()} threads)"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps({"threads": torch.get_num_threads(), **figures}, indent=1))


if __name__ == "__main__":
    main()
