"""Stores of every kind, what they keep behind their back, and records to file in them."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from flows.addresses import BucketAddress
from flows.store import ClipRecord, Store, open_store
from flows.store.layout import blob_key
from flows.store.memory import MemoryBackend
from tests.flows.buckets import BUCKET, CREDENTIALS, SERVERS, BucketServer, serving


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


class InBucket:
    """Below a prefix that nothing else is below."""

    def __init__(self, tmp_path: Path, server: BucketServer) -> None:
        self._server, self._cache = server, tmp_path / "cache"
        self._where = BucketAddress(bucket=BUCKET, prefix=f"team/{uuid.uuid4().hex}", endpoint=server.url)

    def open(self) -> Store:
        return open_store(str(self._where))

    def overwrite(self, key: str, data: bytes) -> None:
        """And nobody on this machine has what was there before."""
        self._server.client.put_object(BUCKET, f"{self._where.prefix}/{key}", io.BytesIO(data), len(data))
        shutil.rmtree(self._cache / "wanflow", ignore_errors=True)


KINDS = ("folder", "memory", *SERVERS)
"""A new kind of store is one more line, in `kind`; of those in buckets, one more server."""


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], BucketServer]]:
    """`servers(name)`: started when it is first asked for."""
    started: dict[str, BucketServer] = {}
    with ExitStack() as running:

        def server(name: str) -> BucketServer:
            if name not in started:
                started[name] = running.enter_context(serving(name, tmp_path_factory.mktemp(name) / "data"))
            return started[name]

        yield server


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials, and a cache, that are nobody's."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MINIO_")):
            monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path, servers: Callable[[str], BucketServer]) -> Kind:
    match request.param:
        case "folder":
            return InFolder(tmp_path)
        case "memory":
            return InMemory(tmp_path)
    return InBucket(tmp_path, servers(request.param))


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
