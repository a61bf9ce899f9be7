"""Whether workers of this machine can do what the settings ask for: found before one is started. No torch."""

from __future__ import annotations

from collections.abc import Iterator

from flows.settings import Settings
from wan.families import Family
from wan.model.attention import KERNELS, lacking
from wan.system.gpus import Gpu, find_gpus
from wan.system.host import cores

FP8_CAPABILITY = (8, 9)
"""CUDA's number of the first GPUs with cores for eight-bit floats; whether a product of ours runs there is tried by the
worker."""
_ELSEWHERE = "or render on a cluster that can: cluster=ray cluster.address=HOST:6379"


def machine_faults(settings: Settings, family: Family) -> tuple[str, ...]:
    """What the settings ask of workers and this machine has not; nothing for a cluster that is joined: what its nodes
    have is known when it answers."""
    return () if settings.cluster.address is not None else tuple(_faults(settings, family))


def _faults(settings: Settings, family: Family) -> Iterator[str]:
    render, cluster = settings.render, settings.cluster
    cpus = cores()
    if cluster.cpus_per_worker > cpus:
        asked = f"cluster.cpus_per_worker={cluster.cpus_per_worker:g}"
        yield f"{asked}: this machine has {cpus} CPU{'' if cpus == 1 else 's'} for it\n    ask for fewer, {_ELSEWHERE}"
    kernel = KERNELS.get(render.attention)
    eight_bits = (render.precision or family.precision) == "fp8"
    asks_gpu = render.device == "cuda" or cluster.gpus_per_worker > 0 or eight_bits
    if not asks_gpu and (kernel is None or not (kernel.gpu or kernel.module)):
        return
    gpus = find_gpus()
    if gpus is not None:
        yield from _gpu_faults(settings, gpus)
    used = () if render.device == "cpu" or gpus is None else gpus
    if eight_bits and (gpus is not None or render.device == "cpu") and not _eight_bits(used):
        yield (
            f"render.precision=fp8 multiplies in eight bits, which takes an NVIDIA Hopper GPU or a later one, and "
            f"{'render.device=cpu uses none' if render.device == 'cpu' else 'this machine has none'}\n"
            f"    render.precision=fp8_storage saves the same memory on any device, {_ELSEWHERE}"
        )
    if kernel is not None and (lacks := lacking(render.attention, gpu=gpus is None or bool(used))):
        yield (
            f"render.attention={render.attention} needs {lacks}, which is not here\n    leave it at auto, {_ELSEWHERE}"
        )


def _gpu_faults(settings: Settings, gpus: tuple[Gpu, ...]) -> Iterator[str]:
    if gpus:
        return
    wanted = settings.cluster.gpus_per_worker
    if settings.render.device == "cuda":
        yield f"render.device=cuda: this machine has no GPU that torch can use\n    render.device=auto, {_ELSEWHERE}"
    elif wanted:
        yield (
            f"cluster.gpus_per_worker={wanted:g}: this machine has no GPUs that torch can use\n"
            f"    cluster.gpus_per_worker=0, {_ELSEWHERE}"
        )


def _eight_bits(gpus: tuple[Gpu, ...]) -> bool:
    return any(gpu.capability >= FP8_CAPABILITY for gpu in gpus)
