"""Where the models of a clip live, and what is done when a GPU's memory does not suffice. Never changes a pixel."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TypeVar

import torch

from flows.plan.model import Clip
from wan.placement import PLACEMENTS, Placement, next_leaner
from wan.placement.budget import MODELS, Job, choose

T = TypeVar("T")
_log = logging.getLogger(__name__)

_SMALL_WEIGHTS = 4e9
"""Bytes of weights that no placement is thought about for: the tiny family's."""


def placement_for(asked: str, clip: Clip, device: torch.device, weight_bytes: int) -> Placement:
    """The placement that was asked for; of `auto`, the quickest that fits this device and machine."""
    for placement in PLACEMENTS:
        if placement == asked:
            return placement
    if device.type == "cpu" or weight_bytes < _SMALL_WEIGHTS or clip.variant not in MODELS:
        return "resident"
    job = Job(clip.variant, clip.width, clip.height, clip.num_frames, clip.numerics.precision)
    return choose(job, torch.cuda.get_device_properties(device).total_memory, host_bytes()) or PLACEMENTS[-1]


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
        told = str(error).splitlines()[0]
    # Behind the handler: until it is left, the error holds every tensor of the attempt.
    _log.warning("out of GPU memory with placement=%s (%s); going on with placement=%s", placement, told, leaner)
    free()
    return run(leaner)


def host_bytes() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
