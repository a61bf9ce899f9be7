"""Where the models of a clip live, and what is done when a GPU's memory does not suffice. Never changes a pixel."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

from flows.planning.model import Clip
from wan.placement import PLACEMENTS, Placement, next_leaner
from wan.placement.budget import Job, choose
from wan.system.host import cores, memory_bytes

T = TypeVar("T")
_log = logging.getLogger(__name__)

_SMALL_WEIGHTS = 4e9
"""Bytes of weights that no placement is thought about for: the tiny family's."""


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that one worker may count on: of its device's memory, and of the machine's."""

    device: int
    host: int


def room_of_worker(device: torch.device, *, threads: int, gpu_share: float, workers: int) -> Room:
    """What a worker has when it shares its GPU and its machine with others like it.

    `gpu_share` is the part of a GPU that a worker asks the cluster for, `workers` how many there are in all (0: as many
    as fit), and `threads` how many CPU threads each computes with.
    """
    neighbours = max(1, cores() // threads)
    if device.type == "cuda":
        neighbours = min(neighbours, max(1, int(_gpus() / gpu_share + 1e-6)))
    host = memory_bytes() // min(neighbours, workers or neighbours)
    if device.type == "cpu":
        return Room(host, host)
    return Room(int(torch.cuda.get_device_properties(device).total_memory * gpu_share), host)


def _gpus() -> int:
    """The machine's, not only those that this process may see."""
    return len([*Path("/proc/driver/nvidia/gpus").glob("*")]) or torch.cuda.device_count()


def placement_for(asked: str, clip: Clip, device: torch.device, weight_bytes: int, room: Room) -> Placement:
    """The placement that was asked for; of `auto`, the quickest that fits the worker's room."""
    for placement in PLACEMENTS:
        if placement == asked:
            return placement
    if device.type == "cpu" or weight_bytes < _SMALL_WEIGHTS:
        return "resident"
    numerics = clip.numerics
    job = Job(
        clip.spec.variant,
        clip.spec.width,
        clip.spec.height,
        clip.spec.num_frames,
        numerics.precision,
        compiled=numerics.compile,
        tiled=numerics.vae_tiling,
    )
    return choose(job, room.device, room.host) or PLACEMENTS[-1]


def with_room(run: Callable[[Placement], T], placement: Placement, free: Callable[[], None]) -> T:
    """What `run` gives in that placement; when the device's memory does not suffice, in the next leaner one, once.

    `free` gives back what the first attempt held. Raises torch.OutOfMemoryError when there is no leaner placement, or
    it does not suffice either.
    """
    try:
        return run(placement)
    except torch.OutOfMemoryError as error:
        leaner = next_leaner(placement)
        if leaner is None:
            raise
        told = str(error).partition("\n")[0] or "no more said"
    # Behind the handler: until it is left, the error holds every tensor of the attempt.
    _log.warning("out of GPU memory with placement=%s (%s); going on with placement=%s", placement, told, leaner)
    free()
    return run(leaner)
