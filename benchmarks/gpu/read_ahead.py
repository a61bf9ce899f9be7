"""What the reading ahead of the next model's files wins of its load, and what it costs the steps beside it.

    python -m benchmarks.gpu.read_ahead FOLDER [--device cuda]     # as root: the page cache is emptied between loads

An expert of T2V-A14B at true size, bf16 shards on the machine's disk, loaded with nothing of it in the page cache, and
then again after it was read ahead while another expert took guided steps at 832x480.
"""

from __future__ import annotations

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import WanTransformer3DModel

from benchmarks.gpu.models import make_transformer
from benchmarks.gpu.record import free_memory, synchronise
from benchmarks.gpu.steps import clip, wan_step
from flows.cluster.job import Ahead
from flows.cluster.read_ahead import ReadAhead
from flows.cluster.renderers import RendererSpec
from wan.precision import cast_model
from wan.request import Numerics
from wan.system.host import free_bytes
from wan.weights.loading import load_model

_EMPTY = Path("/proc/sys/vm/drop_caches")
_LONGEST = 120.0
"""Seconds that are waited for the files to be read."""


def _load(folder: Path, device: torch.device) -> float:
    began = time.perf_counter()
    model = load_model(WanTransformer3DModel, folder, precision="bf16", device=device)
    synchronise(device)
    seconds = time.perf_counter() - began
    del model
    free_memory(device)
    return seconds


def _empty_page_cache(files: list[Path]) -> None:
    for path in files:
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    _EMPTY.write_text("3")


@torch.inference_mode()
def _steps(step: Callable[[], Any], device: torch.device, enough: Callable[[int], bool]) -> list[float]:
    seconds: list[float] = []
    while not enough(len(seconds)):
        began = time.perf_counter()
        step()
        synchronise(device)
        seconds.append(time.perf_counter() - began)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda")
    asked = parser.parse_args()
    device, toy = torch.device(asked.device), asked.device == "cpu"
    model = cast_model(make_transformer("t2v-a14b", device, toy=toy), "bf16")
    began = time.perf_counter()
    model.save_pretrained(asked.folder, max_shard_size="5GB")
    files = sorted(asked.folder.glob("*.safetensors"))
    size = sum(path.stat().st_size for path in files)
    print(f"{size / 1e9:.1f} GB written in {time.perf_counter() - began:.0f} s; {free_bytes() / 1e9:.0f} GB free")
    step = wan_step(model, clip("t2v-a14b", (832, 480), 81, toy=toy), Numerics("bf16"), device)
    _steps(step, device, lambda done: done == 1)
    _empty_page_cache(files)
    cold = _load(asked.folder, device)
    _empty_page_cache(files)
    alone = _steps(step, device, lambda done: done == 3)
    ahead = ReadAhead(files=lambda _: files, least_bytes=0)
    began, read = time.perf_counter(), []

    def enough(done: int) -> bool:
        if not read and not any(thread.name == "read ahead" for thread in threading.enumerate()):
            read.append(time.perf_counter() - began)
        return done >= 2 and (bool(read) or time.perf_counter() - began > _LONGEST)

    ahead.want(Ahead("t2v-a14b", RendererSpec("wan")))
    ahead.allow(True)
    beside = _steps(step, device, enough)
    ahead.allow(False)
    warm = _load(asked.folder, device)
    ratio = statistics.median(beside) / statistics.median(alone)
    print(
        f"load {cold:.1f} s cold, {warm:.1f} s after it was read ahead in {read[0] if read else float('nan'):.1f} s; "
        f"a step {statistics.median(alone):.2f} s alone, {statistics.median(beside):.2f} s beside it ({ratio:.3f}x of "
        f"{len(beside)})"
    )


if __name__ == "__main__":
    main()
