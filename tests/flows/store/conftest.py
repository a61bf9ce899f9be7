"""Stores of every kind, what they keep behind their back, and records to file in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from flows.store import ClipRecord, Store, open_store
from flows.store.layout import blob_key
from flows.store.memory import MemoryBackend


class Kind(Protocol):
    """One kind of store, in tests."""

    def open(self) -> Store:
        """The same one each time, as another process would have it."""
        ...

    def overwrite(self, key: str, data: bytes) -> None:
        """What is kept under a key, behind the store's back."""
        ...


class InFolder:
    def __init__(self, tmp_path: Path) -> None:
        self._folder = tmp_path / "store"

    def open(self) -> Store:
        return open_store(str(self._folder))

    def overwrite(self, key: str, data: bytes) -> None:
        (self._folder / key).write_bytes(data)


class InMemory:
    def __init__(self, tmp_path: Path) -> None:
        self._backend = MemoryBackend()

    def open(self) -> Store:
        return Store(self._backend)

    def overwrite(self, key: str, data: bytes) -> None:
        self._backend.put(key, data)


KINDS: dict[str, Callable[[Path], Kind]] = {"folder": InFolder, "memory": InMemory}
"""By name: what makes one, from an empty folder. A new kind of store is one more line."""


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    return KINDS[request.param](tmp_path)


@pytest.fixture
def store(kind: Kind) -> Store:
    return kind.open()


@pytest.fixture
def damage(kind: Kind) -> Callable[[str, bytes], None]:
    """`damage(digest, data)`: the blob has these bytes now."""
    return lambda digest, data: kind.overwrite(blob_key(digest), data)


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
