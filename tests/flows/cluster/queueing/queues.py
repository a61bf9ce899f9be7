"""Queues with films and workers, and workers that render as fast as the clock is moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flows.cluster.queue import ClipQueue, FilmOrder
from flows.planning.model import Clip
from tests.flows.cluster.clips import clip

T2V, I2V = (clip("any", variant=variant).model for variant in ("t2v-a14b", "i2v-a14b"))
LOAD = 100.0


def queue_with(*workers: str, attempts: int = 2) -> ClipQueue:
    """Every worker runs; any model takes 100 s to load."""
    queue = ClipQueue(attempts)
    for variant in ("t2v-a14b", "i2v-a14b", "ti2v-5b"):
        queue.learn_load_seconds(variant, LOAD)
    for worker in workers:
        queue.health.join(worker)
        queue.started(worker, f"node of {worker}")
    return queue


def add(queue: ClipQueue, film: str, *clips: Clip, priority: int = 0, deadline: float | None = None) -> None:
    queue.enrol(FilmOrder(film=film, title=film, priority=priority, deadline=deadline))
    queue.add(clips, film)


def many(film: str, number: int, seconds: float = 10.0, variant: str = "t2v-a14b") -> list[Clip]:
    return [clip(f"{film} {one}", seconds=seconds, variant=variant) for one in range(number)]


def lease(queue: ClipQueue, worker: str, warm: Collection[str] = (T2V,), now: float = 0.0) -> str | None:
    given = queue.lease(worker, warm, now)
    return given.clip.fingerprint if given else None


def rendered(
    queue: ClipQueue, workers: Sequence[str], clips: int, now: float = 0.0, loads: list[str] | None = None
) -> list[str]:
    """So many clips in the order of their leases, by workers that hold one model at a time, T2V's at first. `loads`:
    where the models go that were loaded on the way."""
    warm = dict.fromkeys(workers, T2V)
    busy: dict[str, tuple[float, str]] = {}
    order: list[str] = []
    while len(order) < clips and queue.unsettled:
        for worker in workers:
            if worker in busy and busy[worker][0] <= now:
                queue.finish(busy.pop(worker)[1])
            if worker not in busy:
                given = queue.lease(worker, {warm[worker]}, now)
                if given is not None:
                    loading = 0.0 if given.clip.model == warm[worker] else LOAD
                    if loading and loads is not None:
                        loads.append(given.clip.model)
                    warm[worker] = given.clip.model
                    busy[worker] = (now + loading + given.clip.estimated_seconds, given.clip.fingerprint)
                    order.append(given.clip.fingerprint)
        now = min((end for end, _ in busy.values()), default=now + 5)
    return order
