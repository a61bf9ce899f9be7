"""What a pool tells Prometheus, through Ray's own metrics (the port is `ray start --metrics-export-port`)."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterable, Mapping

from flows.cluster.queue import Waiting

BUCKETS = (1, 5, 15, 60, 180, 600, 1800, 3600, 10_800)
"""Seconds: a clip of the tiny family takes one, one of 720p a quarter of an hour."""


STORE_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60)
"""Seconds: a record in a folder takes one thousandth, 100 MB of latents into a bucket some seconds."""


class StoreMetrics:
    """What a worker's store takes; each worker tells its own."""

    def __init__(self, pool: str) -> None:
        from ray.util.metrics import Histogram

        self._seconds = Histogram(
            "wanflow_store_seconds",
            "what an operation of the store took a worker",
            list(STORE_BUCKETS),
            ("pool", "operation"),
        )
        self._seconds.set_default_tags({"pool": pool})

    def took(self, operation: str, seconds: float) -> None:
        """`flows.store.timed.Told`."""
        self._seconds.observe(seconds, {"operation": operation})


class PoolMetrics:
    """The metrics of one pool; every name begins with `wanflow_`."""

    def __init__(self, pool: str) -> None:
        from ray.util.metrics import Counter, Gauge, Histogram

        own = {"pool": pool}
        self._clips = Gauge("wanflow_queue_clips", "clips that are not rendered yet, by state", ("pool", "state"))
        self._workers = Gauge("wanflow_workers", "workers, by what they do", ("pool", "state"))
        self._films = Gauge("wanflow_films", "films that are being made", ("pool",))
        self._retries = Counter("wanflow_clip_retries_total", "attempts that came to nothing", ("pool",))
        self._loads = Counter(
            "wanflow_model_loads_total", "models that had to be loaded for a clip", ("pool", "variant")
        )
        self._seconds = Histogram(
            "wanflow_clip_seconds", "what a rendered clip took, by stage", list(BUCKETS), ("pool", "variant", "stage")
        )
        for metric in (self._clips, self._workers, self._films, self._retries, self._loads, self._seconds):
            metric.set_default_tags(own)
        self._states: set[str] = set()

    def queue(self, clips: Iterable[Waiting], films: int) -> None:
        """How the queue stands."""
        counts = Counts(str(clip.state) for clip in clips)
        for state in self._states | counts.keys():
            self._clips.set(counts[state], {"state": state})
        self._states |= counts.keys()
        self._films.set(films)

    def workers(self, states: Iterable[str]) -> None:
        """What the workers do."""
        counts = Counts(states)
        for state in ("renders", "idle", "starts", "waits for room"):
            self._workers.set(counts[state], {"state": state})

    def rendered(self, variant: str, seconds: Mapping[str, float]) -> None:
        """A clip was rendered: seconds of each stage; `write` is what the store took."""
        for stage, spent in seconds.items():
            self._seconds.observe(spent, {"variant": variant, "stage": stage})
        if seconds.get("load"):
            self._loads.inc(1, {"variant": variant})

    def retried(self) -> None:
        """An attempt came to nothing."""
        self._retries.inc(1)
