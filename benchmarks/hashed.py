"""How many bytes are hashed to make a film whose clips are all in the store: `python -m benchmarks.hashed`.

The clips are drawn by the stub renderer and published beforehand, so that no Ray is started; they are left to settle,
since a file that has just changed is never remembered.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTLED_SECONDS = 2.1


class _Report:
    """Listens to nobody."""

    def progress(self, stage: str, step: int, steps: int) -> None: ...

    def should_stop(self) -> bool:
        return False


@contextmanager
def counted(counts: Counter[str]) -> Iterator[None]:
    """Bytes and files hashed by `hashlib.file_digest`, and bytes by `hashlib.sha256(data)`, while the block runs."""
    whole, plain = hashlib.file_digest, hashlib.sha256

    def of_file(file: Any, digest: Any, **options: Any) -> Any:
        counts["files"] += 1
        counts["bytes"] += os.fstat(file.fileno()).st_size
        return whole(file, digest, **options)

    def of_bytes(data: Any = b"", **options: Any) -> Any:
        counts["bytes"] += len(data)
        return plain(data, **options)

    hashlib.file_digest, hashlib.sha256 = of_file, of_bytes  # type: ignore[assignment]
    try:
        yield
    finally:
        hashlib.file_digest, hashlib.sha256 = whole, plain  # type: ignore[assignment]


def main() -> None:
    import flows
    from flows.cluster.stub import StubRenderer
    from flows.film import make_film
    from flows.store import open_store

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        overrides = [f"store.address={place / 'store'}", f"film.outputs={place / 'outputs'}", "film.preset=ultrafast"]
        plan = flows.plan(flows.load("paper_boat", overrides))
        store, renderer = open_store(str(place / "store")), StubRenderer(threads=1)
        for clip in plan.clips:
            store.publish(renderer.render(clip, store, _Report()))
        time.sleep(SETTLED_SECONDS)
        blobs = sum(file.stat().st_size for file in (place / "store" / "blobs").rglob("*") if file.is_file())
        counts: Counter[str] = Counter()
        with counted(counts):
            make_film(plan)
    print(f"{len(plan.clips)} clips, {blobs / 2**20:.2f} MiB of blobs in the store")
    print(f"hashed: {counts['files']} files, {counts['bytes'] / 2**20:.2f} MiB ({counts['bytes'] / blobs:.1f} times)")


if __name__ == "__main__":
    main()
