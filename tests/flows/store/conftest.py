"""Every implementation of the store protocol, and records to file in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.store import ClipRecord, Store, open_store

IMPLEMENTATIONS = {"local": lambda folder: str(folder / "store")}
"""By name: from an empty folder to the address of a store of that kind."""


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(IMPLEMENTATIONS[request.param](tmp_path))


@pytest.fixture
def record(store: Store) -> Callable[..., ClipRecord]:
    """`record("a...")`: a record whose blobs are in the store."""

    def make(fingerprint: str = "a" * 64, **values: object) -> ClipRecord:
        blobs = {
            name: store.put_bytes(f"{name} of {fingerprint}".encode())
            for name in ("video", "latents", "last_frame", "thumbnail")
        }
        facts: dict[str, object] = {
            "num_frames": 33,
            "fps": 16.0,
            "width": 256,
            "height": 144,
            "seed": 7,
            "scores": {"quality": 0.5},
            "seconds": {"denoise": 3.25},
            "spec": {"prompt": "ein rotes Kästchen"},
        }
        return ClipRecord(fingerprint=fingerprint, **{**facts, **blobs, **values})  # type: ignore[arg-type]

    return make
