"""A store in the memory of this process, for tests and for films that nobody keeps. Other processes cannot open it."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from flows.store.backend import Extent, Fill, corrupt, missing


class MemoryBackend:
    """`flows.store.backend.Backend` as a dictionary. Blobs that are asked for as files lie in a temporary folder, which
    is gone with it."""

    folder: Path | None = None
    at_once = 4

    def __init__(self) -> None:
        self.address = f"memory://{uuid.uuid4().hex}"
        self._values: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._files = Path(tempfile.mkdtemp(prefix="wanflow-store-"))
        weakref.finalize(self, shutil.rmtree, self._files, ignore_errors=True)

    def check(self, *, writing: bool = False) -> None:
        pass

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, data: bytes) -> None:
        self._values[key] = data

    def add(self, key: str, data: bytes) -> bool:
        with self._lock:
            if key in self._values:
                return False
            self._values[key] = data
            return True

    def remove(self, key: str) -> None:
        self._values.pop(key, None)

    def within(self, folder: str) -> Iterator[str]:
        return (key for key in list(self._values) if key.rpartition("/")[0] == folder)

    def present(self, keys: Collection[str]) -> frozenset[str]:
        return frozenset(key for key in keys if key in self._values)

    def extent(self, folder: str) -> Extent:
        sizes = [len(data) for key, data in list(self._values.items()) if key.startswith(f"{folder}/")]
        return Extent(len(sizes), sum(sizes))

    def put_blob(self, key: str, digest: str, fill: Fill) -> None:
        if not self.has_blob(key, digest):
            whole = io.BytesIO()
            fill(whole)
            self.put(key, whole.getvalue())

    def has_blob(self, key: str, digest: str) -> bool:
        data = self.get(key)
        return data is not None and sha256(data).hexdigest() == digest

    def whole(self, blobs: Mapping[str, str]) -> frozenset[str]:
        return frozenset(key for key, digest in blobs.items() if self.has_blob(key, digest))

    def read_blob(self, key: str, digest: str) -> bytes:
        data = self.get(key)
        if data is None:
            raise missing(digest, self.address)
        if sha256(data).hexdigest() != digest:
            raise corrupt(digest, self.address)
        return data

    def blob_file(self, key: str, digest: str) -> Path:
        data, path = self.read_blob(key, digest), self._files / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def release(self) -> None:
        pass
