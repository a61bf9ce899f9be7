"""What a pool tells Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from flows.cluster.metrics import PoolMetrics, StoreMetrics
from flows.cluster.queue import Waiting
from flows.store import open_store


class Recorded:
    """In the place of Ray's metrics: remembers what they were told."""

    told: ClassVar[dict[str, list[tuple[float, dict[str, str]]]]] = {}

    def __init__(self, name: str, description: str, *rest: object) -> None:
        self._values = self.told.setdefault(name, [])
        assert description
        self._keys = set(rest[-1])  # type: ignore[call-overload]

    def set_default_tags(self, tags: dict[str, str]) -> None:
        self._own = tags

    def set(self, value: float, tags: dict[str, str] | None = None) -> None:
        found = {**self._own, **(tags or {})}
        assert set(found) == self._keys
        self._values.append((value, tags or {}))

    inc = observe = set


def waiting(name: str, state: str) -> Waiting:
    return Waiting(fingerprint=name, films=("f",), variant="t2v-a14b", model="m", state=state)  # type: ignore[arg-type]


def test_the_queue_and_what_was_rendered_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded.told = {}
    for kind in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(f"ray.util.metrics.{kind}", Recorded)
    metrics = PoolMetrics("default")
    metrics.queue([waiting("a", "ready"), waiting("b", "ready"), waiting("c", "running")], 2)
    metrics.queue([waiting("c", "running")], 1)
    assert Recorded.told["wanflow_queue_clips"][-2:] in (
        [(0, {"state": "ready"}), (1, {"state": "running"})],
        [(1, {"state": "running"}), (0, {"state": "ready"})],
    ), "a state that nobody is in any more is none, and not what it was"
    assert Recorded.told["wanflow_films"] == [(2, {}), (1, {})]
    metrics.workers(["renders", "renders", "idle"])
    assert [value for value, _ in Recorded.told["wanflow_workers"]] == [2, 1, 0, 0]
    metrics.rendered("t2v-a14b", {"load": 3.0, "denoise": 9.0})
    metrics.rendered("t2v-a14b", {"denoise": 9.0})
    metrics.retried()
    assert len(Recorded.told["wanflow_clip_seconds"]) == 3
    assert len(Recorded.told["wanflow_model_loads_total"]) == 1
    assert len(Recorded.told["wanflow_clip_retries_total"]) == 1


def test_what_the_store_takes_is_told_by_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded.told = {}
    monkeypatch.setattr("ray.util.metrics.Histogram", Recorded)
    store = open_store(str(tmp_path), StoreMetrics("default").took)
    store.read(store.put_bytes(b"frames"))
    store.put_note("pool/held.json", b"1")
    told = Recorded.told["wanflow_store_seconds"]
    assert [tags for _, tags in told] == [{"operation": one} for one in ("put_blob", "read_blob", "put")]
    assert all(0 < seconds < 10 for seconds, _ in told)
