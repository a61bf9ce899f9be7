"""The place of one worker in the cluster: a placement group, which outlives the worker's processes, and this one.

It has a bundle for each process of the worker, the leader's first, all on one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flows.cluster.room import WorkerSize

LOOK_SECONDS = 0.5
"""How often a worker that waits for room looks whether it is still wanted."""
NODE_LABEL = "ray.io/node-id"
_GONE = "does not exist"
"""What Ray says, by an error without a class of its own, when it is asked about a group that was removed."""
_IDENTIFIERS = ("class_name:", "actor_id:", "pid:", "namespace:", "ip:")


class WorkerDied(Exception):
    """The actor is gone, or never came; the message says why in one line."""


class Place:
    """Of the worker `name`. Reserved and found by one thread; given back by any."""

    def __init__(self, ray: Any, name: str, size: WorkerSize) -> None:
        self.waiting = False
        self._ray, self._name, self._size = ray, name, size
        self._group: Any = None

    @property
    def strategy(self) -> Any:
        """Where the leader is to run, for Ray."""
        return in_bundle(self._ray, self._group, 0)

    def reserve(self, avoid: Collection[str], wanted: Callable[[], bool]) -> bool:
        """Room that is this worker's until it is given back, on a machine that is none of `avoid` (Ray's ids): a
        process that is replaced finds it again. Waited for as long as `wanted` says; False when it says no. Raises
        WorkerDied."""
        if self._group is None:
            self._group = self._made(avoid)
        self.waiting = True
        try:
            while wanted():
                if self._group.wait(timeout_seconds=LOOK_SECONDS):
                    return True
        except self._ray.exceptions.RayError as error:
            self._group = None
            raise WorkerDied(why(error)) from error
        except Exception as error:
            if _GONE not in str(error):
                raise
            self._group = None  # somebody has given it back: the next process has a place of its own
            raise WorkerDied("its place in the cluster is gone") from error
        finally:
            self.waiting = False
        return False

    def _made(self, avoid: Collection[str]) -> Any:
        size = {"CPU": self._size.cpus, "GPU": self._size.gpus}
        where = [{NODE_LABEL: f"!in({','.join(sorted(avoid))})"}] * self._size.members if avoid else None
        bundle = {name: amount for name, amount in size.items() if amount}
        try:
            return self._ray.util.placement_group(
                [bundle] * self._size.members,
                strategy="STRICT_PACK",
                bundle_label_selector=where,
                name=self._name,
                lifetime="detached",
            )
        except self._ray.exceptions.RayError as error:
            raise WorkerDied(why(error)) from error

    def find(self) -> None:
        """That of a worker that runs already. Raises ValueError and Ray's errors where there is none."""
        self._group = self._ray.util.get_placement_group(self._name)

    def give_back(self) -> None:
        """Raises Ray's errors when Ray is gone."""
        group, self._group = self._group, None
        if group is not None:
            self._ray.util.remove_placement_group(group)


def in_bundle(ray: Any, group: Any, number: int) -> Any:
    """Where an actor is to run: in that bundle of a placement group."""
    return ray.util.scheduling_strategies.PlacementGroupSchedulingStrategy(
        placement_group=group, placement_group_bundle_index=number
    )


def why(error: BaseException) -> str:
    """Ray's explanation without its table of identifiers."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(_IDENTIFIERS)]
    return " ".join(told)[:500] or type(error).__name__
