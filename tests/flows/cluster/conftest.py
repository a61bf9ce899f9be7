"""Pools on the Ray of these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cluster import Pool, RendererSpec, open_pool
from flows.cluster.session import RaySession
from flows.config import compose
from flows.settings import ClusterSettings
from flows.store import Store, open_store
from tests.flows.cluster.troubled import KIND

OpenPool = Callable[..., Pool]


@pytest.fixture(scope="session")
def cluster_settings() -> ClusterSettings:
    return replace(compose([]).settings.cluster, start_timeout=60.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def pool(ray_here: RaySession, cluster_settings: ClusterSettings, store: Store, tmp_path: Path) -> Iterator[OpenPool]:
    """`pool(workers=1, attempts=2)`: with the troubled renderer; closed at the end."""
    opened: list[Pool] = []

    def make(renderer: RendererSpec | None = None, **changes: Any) -> Pool:
        spec = renderer or RendererSpec(KIND, {"folder": str(tmp_path)})
        opened.append(open_pool(replace(cluster_settings, **changes), spec, store.address))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
