"""One guided denoising step of the tiny family's shape: two calls of diffusers' transformer against `wan.model.expert`.

    OMP_NUM_THREADS=2 python benchmarks/denoise.py [--repeats 6]

Weights are random: speed does not depend on them. Both ways alternate in one run; the best of each counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from wan.model.expert import Expert
from wan.tiny.models import TEXT_DIM, build_transformer

TEXT_LENGTH = 48


@torch.inference_mode()
def measure(repeats: int) -> dict[str, float]:
    """Seconds a guided step: diffusers twice, diffusers with both prompts as one batch, and this library."""
    torch.manual_seed(0)
    model = build_transformer(16).eval()
    expert = Expert(model)
    latents = torch.randn(1, 16, 9, 18, 32)
    texts = [torch.randn(1, TEXT_LENGTH, TEXT_DIM) for _ in range(2)]
    context = expert.context(texts, latents)
    timestep = torch.tensor([900])

    def twice() -> list[Tensor]:
        return [model(latents, timestep, text, return_dict=False)[0] for text in texts]

    def batched() -> list[Tensor]:
        (both,) = model(latents.expand(2, -1, -1, -1, -1), timestep.expand(2), torch.cat(texts), return_dict=False)
        return list(both.split(1))

    ways: dict[str, Callable[[], list[Tensor]]] = {
        "diffusers, two calls": twice,
        "diffusers, one batch of two": batched,
        "wan.model.expert": lambda: expert.velocities(latents, 900, context),
    }
    seconds = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    pairs = zip(twice(), expert.velocities(latents, 900, context), strict=True)
    seconds["largest difference"] = max(float((one - other).abs().max()) for one, other in pairs)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=6)
    figures = measure(parser.parse_args().repeats)
    difference = figures.pop("largest difference")
    first = figures["diffusers, two calls"]
    for name, value in figures.items():
        print(f"{name}: {value:.3f} s a guided step ({first / value:.2f}x), {torch.get_num_threads()} threads")
    print(f"wan.model.expert differs from diffusers by {difference:.1e}")


if __name__ == "__main__":
    main()
