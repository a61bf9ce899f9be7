"""Whether workers of this machine can do what the settings ask for: found before one is started. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flows.settings import Settings
from flows.words import count
from wan.families import Family
from wan.model.attention import KERNELS, lacking
from wan.system.gpus import Gpu, find_gpus
from wan.system.host import cores

FP8_CAPABILITY = (8, 9)
"""CUDA's number of the first GPUs with cores for eight-bit floats; whether a product of ours runs there is tried by the
worker."""
Gpus: TypeAlias = tuple[Gpu, ...] | None
"""The GPUs of a machine; None: nobody knows."""
_ELSEWHERE = "or render on a cluster that can: cluster=ray cluster.address=HOST:6379"


def machine_faults(settings: Settings, family: Family) -> tuple[str, ...]:
    """What the settings ask of workers and this machine has not; nothing for a cluster that is joined: what its nodes
    have is known when it answers."""
    if settings.cluster.address is not None:
        return ()
    asked = _Asked.of(settings, family)
    gpus = find_gpus() if asked.of_gpus else None
    faults = [_cpus(asked), _gpus(asked, gpus), _eight_bits(asked, gpus), _attention(asked, gpus)]
    return tuple(fault for fault in faults if fault is not None)


def machine_gpu(settings: Settings) -> str | None:
    """The name of the GPU that workers of this machine render on, "" if they do without one; None where that is not
    known: of a cluster."""
    if settings.render.device == "cpu":
        return ""
    if settings.cluster.address is not None:
        return None
    gpus = find_gpus()
    if not gpus:
        return None if gpus is None else ""
    names = {gpu.name for gpu in gpus}
    return names.pop() if len(names) == 1 else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the settings ask of a machine. `cpus`, `gpus`: of each worker, all its `members` together; `gpus` as the
    settings have it, 0 where it is left to the device."""

    cpus: float
    gpus: float
    members: int
    device: str
    attention: str
    eight_bits: bool

    @classmethod
    def of(cls, settings: Settings, family: Family) -> _Asked:
        render, cluster = settings.render, settings.cluster
        precision = render.precision or family.precision
        return cls(
            cpus=cluster.cpus_per_worker * cluster.members,
            gpus=cluster.gpus_per_worker,
            members=cluster.members,
            device=render.device,
            attention=render.attention,
            eight_bits=precision == "fp8",
        )

    @property
    def of_gpus(self) -> bool:
        """Whether it matters which GPUs there are: looking for them takes a moment."""
        kernel = KERNELS.get(self.attention)
        needed = kernel is not None and bool(kernel.gpu or kernel.module)
        return self.device == "cuda" or self.together > 0 or self.eight_bits or needed

    @property
    def together(self) -> float:
        """GPUs of a worker, where there are any: of a gang each process has one."""
        return self.members if self.members > 1 and self.device != "cpu" else self.gpus

    def used(self, gpus: Gpus) -> Sequence[Gpu]:
        """Of the GPUs that there are, those it renders on."""
        return () if self.device == "cpu" or gpus is None else gpus


def _cpus(asked: _Asked) -> str | None:
    here = cores()
    if asked.cpus <= here:
        return None
    if asked.members > 1:
        return (
            f"{asked.members} processes that render each clip together take {asked.cpus:g} CPUs "
            f"(cluster.cpus_per_worker each): this machine has {count(here, 'CPU')}\n"
            f"    fewer of them (cluster.gang, cluster.gpus_per_worker), {_ELSEWHERE}"
        )
    return (
        f"cluster.cpus_per_worker={asked.cpus:g}: this machine has {count(here, 'CPU')} for it\n"
        f"    ask for fewer, {_ELSEWHERE}"
    )


def _gpus(asked: _Asked, gpus: Gpus) -> str | None:
    if gpus and len(gpus) < asked.together:
        return (
            f"{asked.together:g} GPUs render each clip together (cluster.gpus_per_worker, cluster.gang): this machine "
            f"has {count(len(gpus), 'GPU')}\n    ask for fewer, {_ELSEWHERE}"
        )
    if gpus is None or gpus:
        return None
    if asked.device == "cuda":
        return f"render.device=cuda: this machine has no GPU that torch can use\n    render.device=auto, {_ELSEWHERE}"
    if asked.gpus:
        return (
            f"cluster.gpus_per_worker={asked.gpus:g}: this machine has no GPUs that torch can use\n"
            f"    cluster.gpus_per_worker=0, {_ELSEWHERE}"
        )
    return None


def _eight_bits(asked: _Asked, gpus: Gpus) -> str | None:
    unknown = gpus is None and asked.device != "cpu"
    if not asked.eight_bits or unknown or any(gpu.capability >= FP8_CAPABILITY for gpu in asked.used(gpus)):
        return None
    return (
        f"render.precision=fp8 multiplies in eight bits, which takes an NVIDIA Hopper GPU or a later one, and "
        f"{'render.device=cpu uses none' if asked.device == 'cpu' else 'this machine has none'}\n"
        f"    render.precision=fp8_storage saves the same memory on any device, {_ELSEWHERE}"
    )


def _attention(asked: _Asked, gpus: Gpus) -> str | None:
    if asked.attention not in KERNELS:
        return None
    lacks = lacking(asked.attention, gpu=gpus is None or bool(asked.used(gpus)))
    if not lacks:
        return None
    return f"render.attention={asked.attention} needs {lacks}, which is not here\n    leave it at auto, {_ELSEWHERE}"
