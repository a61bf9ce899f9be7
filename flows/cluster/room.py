"""How many workers of which size a cluster has room for. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    id: str = ""

    def fits(self, cpus: float, gpus: float) -> int:
        """How many workers of this size it can hold."""
        return min(_times(self.cpus, cpus), _times(self.gpus, gpus))


@dataclass(frozen=True, slots=True)
class WorkerSize:
    """`workers` workers of `members` processes, which render one clip together on one machine. Each process has so much
    of it, and computes with so many CPU `threads`."""

    workers: int
    cpus: float
    gpus: float
    members: int = 1

    @property
    def threads(self) -> int:
        return max(1, int(self.cpus))

    def fit(self, nodes: Sequence[Node]) -> int:
        """How many workers these machines can hold."""
        return sum(node.fits(self.cpus * self.members, self.gpus * self.members) for node in nodes)

    def waiting(self, since: float, free: Mapping[str, float], nodes: Sequence[Node]) -> str:
        """What is waited for, since when (seconds since the epoch), and what there is, `free` and in all."""
        have = {"GPU": sum(node.gpus for node in nodes), "CPU": sum(node.cpus for node in nodes)}
        each = (("GPU", self.gpus), ("CPU", self.cpus))
        needs = {name: need * self.members for name, need in each if need}
        asked = " and ".join(_count(need, name) for name, need in needs.items())
        asked += " of one machine" if self.members > 1 else ""
        there = ", ".join(f"{free.get(name, 0):g} of {_count(have[name], name)}" for name in needs)
        begun = time.strftime("%H:%M:%S", time.localtime(since))
        return f"waiting for room in the cluster since {begun}: a worker needs {asked}; free now: {there}"


def size_workers(settings: ClusterSettings, device: str, nodes: Sequence[Node], most: int | None = None) -> WorkerSize:
    """As many workers as asked for (0: as fit), at most as fit, and at most `most`, which is as many as have work.

    `device` `auto` takes a GPU where there is one, `cuda` always, `cpu` never more than the settings say. A cluster
    that grows by itself has room for as many as have work. Raises EnvironmentProblem when no machine can ever hold one.
    """
    gpus = min(settings.gpus_per_worker, 1.0)
    if not gpus and (device == "cuda" or (device == "auto" and any(node.gpus for node in nodes))):
        gpus = 1.0
    size = WorkerSize(0, settings.cpus_per_worker, gpus, settings.members)
    fit = size.fit(nodes)
    if settings.autoscaling:
        fit = max(fit, settings.max_workers or most or 1)
    if fit == 0:
        raise EnvironmentProblem(_no_room(size, nodes))
    return replace(size, workers=min(settings.max_workers or fit, fit, max(1, most) if most is not None else fit))


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


def _no_room(size: WorkerSize, nodes: Sequence[Node]) -> str:
    cpus, gpus = size.cpus * size.members, size.gpus * size.members
    grows = "of a cluster that adds machines by itself, say so: cluster.autoscaling=true"
    most = int(max((node.gpus for node in nodes), default=0))
    if gpus > most and size.members > 1 and most:
        return (
            f"unschedulable: a worker needs {_count(gpus, 'GPU')} of one machine, the cluster's largest has "
            f"{_count(most, 'GPU')}\n"
            "    lower cluster.gpus_per_worker, or cluster.gang: a clip is rendered on one machine"
            f"\n    {grows}"
        )
    if gpus > most:
        return (
            f"unschedulable: a worker needs {_count(gpus, 'GPU')}, the cluster has "
            f"{_count(sum(node.gpus for node in nodes), 'GPU')}\n"
            "    use cluster.gpus_per_worker=0 render.device=cpu, or a cluster=ray cluster.address=... with GPUs\n"
            f"    {grows}"
        )
    largest = max((node.cpus for node in nodes), default=0)
    gang = ", or cluster.gang: each process has so many" if size.members > 1 else ""
    return (
        f"unschedulable: a worker needs {_count(cpus, 'CPU')}, the cluster's largest machine has "
        f"{_count(largest, 'CPU')}\n    lower cluster.cpus_per_worker{gang}\n    {grows}"
    )


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"
