"""What looking for a stop between blocks costs a denoising step, and how soon a device is free after one.

    OMP_NUM_THREADS=1 python -m benchmarks.stopping                      # the tiny family's shape, and a larger one
    python -m benchmarks.stopping --device cuda --shapes true            # T2V-A14B at 1280x720, 81 frames

Weights are random: speed does not depend on them. Steps with and without alternate in one run; the ratio is that of
their medians: of the process's own time on a CPU, which others use too. It says little below the noise of a machine,
so looking is timed by itself as well. A stop is asked for at a random moment of a step.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.gpu.models import make_transformer
from benchmarks.gpu.record import synchronise
from benchmarks.gpu.steps import clip, wan_step
from wan.errors import Cancelled
from wan.model.expert import Expert
from wan.model.pace import Pace
from wan.precision import cast_model
from wan.request import Numerics
from wan.system.stop import heeding
from wan.tiny.models import TEXT_DIM, build_transformer


def _expert_step(model: Any, latents: tuple[int, ...], text_dim: int) -> Callable[[], Any]:
    expert, noise = Expert(model.eval(), Numerics("fp32")), torch.randn(latents)
    context = expert.context([torch.randn(1, 48, text_dim) for _ in range(2)], noise)
    return lambda: expert.velocities(noise, 900, context)


def tiny(device: torch.device) -> Callable[[], Any]:
    """The transformer of the tiny family on its usual clip."""
    return _expert_step(build_transformer(16), (1, 16, 9, 18, 32), TEXT_DIM)


def larger(device: torch.device) -> Callable[[], Any]:
    """Eight blocks, 768 wide, on 832 tokens."""
    from diffusers import WanTransformer3DModel

    model = WanTransformer3DModel(
        num_attention_heads=6, attention_head_dim=128, text_dim=64, freq_dim=64, ffn_dim=3072, num_layers=8
    )
    return _expert_step(model, (1, 16, 4, 26, 32), 64)


def true(device: torch.device) -> Callable[[], Any]:
    """T2V-A14B at 1280x720, as it is on a GPU."""
    model = cast_model(make_transformer("t2v-a14b", device, toy=False), "reference")
    return wan_step(model, clip("t2v-a14b", (1280, 720), 81), Numerics("reference"), device)


SHAPES = {"tiny": tiny, "larger": larger, "true": true}


@torch.inference_mode()
def measure(step: Callable[[], Any], device: torch.device, repeats: int, stops: int) -> dict[str, float]:
    """`seconds` a step without, `ratio` with against without, `looks` how often; `look` the seconds of one, without any
    waiting for a GPU; `free` the longest seconds from a stop until the device has nothing to do any more."""
    asked: list[int] = []

    def never() -> bool:
        asked.append(1)
        return False

    step()
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * repeats):
        heeded = (number + number // 2) % 2 == 0  # with, without, without, with …: neither is always the second
        asked.clear()
        with heeding(never if heeded else None):
            seconds[heeded].append(_seconds(step, device))
    plain, looking = (statistics.median(seconds[heeded]) for heeded in (False, True))
    free = max((_until_free(step, device, plain) for _ in range(stops)), default=0.0)
    with heeding(never):
        step()
    return {
        "seconds": plain, "ratio": looking / plain, "looks": float(len(asked)), "look": _seconds_a_look(), "free": free
    }  # fmt: skip


def _seconds_a_look() -> float:
    flag, count = threading.Event(), 100_000
    with heeding(flag.is_set):
        pace = Pace(torch.device("cpu"))
        began = time.process_time()
        for _ in range(count):
            pace.between()
        return (time.process_time() - began) / count


def _seconds(step: Callable[[], Any], device: torch.device) -> float:
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    synchronise(device)
    began = clock()
    step()
    synchronise(device)
    return clock() - began


def _until_free(step: Callable[[], Any], device: torch.device, seconds: float) -> float:
    flag, said = threading.Event(), []

    def say() -> None:
        said.append(time.perf_counter())
        flag.set()

    timer = threading.Timer(random.uniform(0.1, 0.8) * seconds, say)
    timer.start()
    try:
        with heeding(flag.is_set):
            while True:
                step()
    except Cancelled:
        synchronise(device)
    return time.perf_counter() - said[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["tiny", "larger"])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--stops", type=int, default=5)
    asked = parser.parse_args()
    device = torch.device(asked.device)
    for name in asked.shapes:
        torch.manual_seed(0)
        found = measure(SHAPES[name](device), device, asked.repeats, asked.stops)
        alone = found["looks"] * found["look"] / found["seconds"]
        print(
            f"{name}: {found['seconds']:.4f} s a guided step; looking {found['looks']:.0f} times: "
            f"{found['ratio']:.4f}x, by itself {1e6 * found['look']:.2f} us a look, {alone:.6%} of the step; "
            f"free {found['free']:.3f} s after a stop at most, of {asked.stops}",
            flush=True,
        )


if __name__ == "__main__":
    main()
