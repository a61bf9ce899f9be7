"""Clips rendered by WAN 2.2 pipelines."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save

from flows.cluster.publish import store_clip
from flows.cluster.renderers import Report
from flows.cluster.requests import CARRIED, request_of
from flows.cluster.warm import WarmModels
from flows.errors import SettingsError, Stopped
from flows.plan.model import Clip
from flows.store.protocol import Store, TakeRecord
from wan.checkpoint import Checkpoint
from wan.errors import Cancelled, CheckpointError
from wan.families import FAMILIES, Family
from wan.load import find_device, load_pipeline
from wan.pipeline import Pipeline
from wan.request import Numerics

GPU_SHARE = 0.85
"""Of a GPU's memory for weights; the rest is for what a clip needs while it is rendered."""

HOST_SHARE = 0.5
"""Of the machine's memory for the weights of all workers on it, when they render on the CPU."""


class WanRenderer:
    """Renders with the checkpoints of one family on one device; keeps several variants loaded while they fit."""

    def __init__(self, *, threads: int, family: str, root: str | None = None, device: str = "auto") -> None:
        if family not in FAMILIES:
            raise SettingsError(f"there is no model family {family!r}; there are {', '.join(FAMILIES)}")
        self._family: Family = FAMILIES[family]
        self._root = Path(root) if root else None
        self._device = find_device(device)
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
        budget = _weights_budget(self._device, threads)
        self._models: WarmModels[tuple[str, str, Numerics], Pipeline] = WarmModels(budget, self._free_memory)

    @property
    def warm(self) -> frozenset[str]:
        """The variants that are loaded."""
        return frozenset(variant for variant, _, _ in self._models.keys)

    def render(self, clip: Clip, store: Store, report: Report) -> TakeRecord:
        """Load, encode, denoise, decode, and write the blobs.

        Raises Stopped between steps, CheckpointError when the weights here are not those that were planned with,
        RequestError, StoreError.
        """
        watch = _Stopwatch()
        with watch.stage("load"):
            pipeline = self._pipeline(clip, report)
            _reset_peak(self._device)
        with watch.stage("encode"):
            state = pipeline.encode(request_of(clip, store))
            report.progress("encode", 1, 1)
        try:
            with watch.stage("denoise"):
                state = pipeline.advance(
                    state,
                    on_step=lambda step, steps: report.progress("denoise", step, steps),
                    should_stop=report.should_stop,
                )
        except Cancelled as stop:
            raise Stopped(str(stop)) from stop
        with watch.stage("decode"):
            result = pipeline.finish(state)
            report.progress("decode", 1, 1)
        kept = {"latents": state.latents, **{CARRIED + name: tensor for name, tensor in result.carried.items()}}
        latents = save({name: tensor.float().cpu().contiguous().clone() for name, tensor in kept.items()})
        return store_clip(
            store, clip, result.frames, latents, seconds=watch.seconds, peak_memory_bytes=_peak_bytes(self._device)
        )

    def _pipeline(self, clip: Clip, report: Report) -> Pipeline:
        checkpoint = Checkpoint.open(self._family, clip.variant, self._root)
        if checkpoint.revision != clip.checkpoint:
            raise CheckpointError(
                f"{checkpoint.folder} is not the checkpoint that the film was planned with: its revision is "
                f"{checkpoint.revision[:12]}, the plan says {clip.checkpoint[:12]}; give all machines the same files"
            )

        def load() -> Pipeline:
            report.progress("load", 0, 1)
            loaded = load_pipeline(clip.variant, checkpoint, device=str(self._device), numerics=clip.numerics)
            report.progress("load", 1, 1)
            return loaded

        return self._models.get((clip.variant, clip.checkpoint, clip.numerics), _weight_bytes(checkpoint), load)

    def _free_memory(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def _weight_bytes(checkpoint: Checkpoint) -> int:
    """What the files take; close to what the loaded weights do when precision on disk and in memory agree."""
    folders = set(checkpoint.components.values())
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*.safetensors"))


def _weights_budget(device: torch.device, threads: int) -> int:
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory * GPU_SHARE)
    neighbours = max(1, (os.cpu_count() or 1) // threads)
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * HOST_SHARE / neighbours)


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def _peak_bytes(device: torch.device) -> int:
    """Of the GPU since the clip began; on a CPU, of the process since it began."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@dataclass(slots=True)
class _Stopwatch:
    """Seconds spent in each stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 4)
