"""How many workers of which size a cluster has room for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.errors import EnvironmentProblem
from flows.settings import ClusterSettings

WITHOUT_EIGHT_BITS = frozenset({"K80", "P4", "P100", "V100", "T4", "A10", "A10G", "A30", "A40", "A100", "A6000"})
"""Ray's names of GPUs before Ada and Hopper, without the memory that may follow (`A100-40G`)."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a machine of the cluster has in all, free or not. `kinds`: its GPUs by Ray's names, as far as Ray knows."""

    cpus: float
    gpus: float
    kinds: frozenset[str] = frozenset()

    def fits(self, cpus: float, gpus: float) -> int:
        """How many workers of this size it can hold."""
        return min(_times(self.cpus, cpus), _times(self.gpus, gpus))


@dataclass(frozen=True, slots=True)
class WorkerSize:
    """`workers` workers, each with so much of a machine. `threads` is how many CPU threads each computes with."""

    workers: int
    cpus: float
    gpus: float

    @property
    def threads(self) -> int:
        return max(1, int(self.cpus))


def size_workers(settings: ClusterSettings, device: str, nodes: Sequence[Node], most: int | None = None) -> WorkerSize:
    """As many workers as asked for (0: as fit), at most as fit, and at most `most`, which is as many as have work.

    `device` `auto` takes a GPU where there is one, `cuda` always, `cpu` never more than the settings say.
    Raises EnvironmentProblem when no machine can hold one worker.
    """
    gpus = settings.gpus_per_worker
    if not gpus and (device == "cuda" or (device == "auto" and any(node.gpus for node in nodes))):
        gpus = 1.0
    fit = sum(node.fits(settings.cpus_per_worker, gpus) for node in nodes)
    if fit == 0:
        raise EnvironmentProblem(_no_room(settings.cpus_per_worker, gpus, nodes))
    return WorkerSize(
        min(settings.workers or fit, fit, max(1, most) if most is not None else fit), settings.cpus_per_worker, gpus
    )


def check_eight_bits(nodes: Sequence[Node]) -> None:
    """Raises EnvironmentProblem when no machine can have a GPU that multiplies in eight bits (`precision=fp8`)."""
    kinds = {kind for node in nodes for kind in node.kinds}
    if all(node.gpus == 0 or _too_old(node.kinds) for node in nodes):
        have = f"has {', '.join(sorted(kinds))}" if kinds else "has no GPU"
        raise EnvironmentProblem(
            f"render.precision=fp8 takes an NVIDIA Hopper GPU or a later one, and the cluster {have}\n"
            "    render.precision=fp8_storage saves the same memory on any device"
        )


def _too_old(kinds: frozenset[str]) -> bool:
    return bool(kinds) and all(kind.partition("-")[0] in WITHOUT_EIGHT_BITS for kind in kinds)


def _times(have: float, need: float) -> int:
    return int(have / need + 1e-6) if need > 0 else 10**6


def _no_room(cpus: float, gpus: float, nodes: Sequence[Node]) -> str:
    have_gpus, have_cpus = sum(node.gpus for node in nodes), sum(node.cpus for node in nodes)
    biggest = f"; its largest machine has {_count(max((node.gpus for node in nodes), default=0), 'GPU')}"
    if gpus > max((node.gpus for node in nodes), default=0):
        spread = biggest if have_gpus >= gpus else ""
        return (
            f"unschedulable: a worker needs {_count(gpus, 'GPU')}, the cluster has {_count(have_gpus, 'GPU')}{spread}\n"
            "    use cluster.gpus_per_worker=0 render.device=cpu, or cluster=ray cluster.address=... for one with GPUs"
        )
    return (
        f"unschedulable: a worker needs {_count(cpus, 'CPU')}, the cluster has {_count(have_cpus, 'CPU')}\n"
        "    lower cluster.cpus_per_worker"
    )


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"
