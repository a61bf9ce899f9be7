"""A renderer that draws as the stub does, and reads the last frame of what a clip goes on from: after it has cut that
short, if it is told to."""

from __future__ import annotations

import os
from pathlib import Path

from flows.cluster.renderers import Report
from flows.cluster.stub import StubRenderer
from flows.errors import BlobMissing
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from flows.store.layout import blob_key

READER = "tests.flows.film.reading:ReadingRenderer"


def cut(store: Store, digest: str) -> None:
    """The blob loses its end."""
    assert store.folder is not None
    file = store.folder / blob_key(digest)
    os.truncate(file, file.stat().st_size // 2)


class ReadingRenderer(StubRenderer):
    """`spoils`: so many times in all; `folder` is where that is counted."""

    def __init__(self, *, threads: int, folder: str, spoils: int) -> None:
        super().__init__(threads=threads)
        self._folder, self._spoils = Path(folder), spoils

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        for name in clip.upstream:
            record = store.record(name)
            if record is None:  # another one has found it cut short meanwhile
                raise BlobMissing("what the clip goes on from is not in the store any more")
            self._spoil(store, record.last_frame)
            store.read(record.last_frame)
        return super().render(clip, store, report)

    def _spoil(self, store: Store, digest: str) -> None:
        count = self._folder / "spoilt"
        done = int(count.read_text()) if count.exists() else 0
        if done < self._spoils:
            count.write_text(str(done + 1))
            cut(store, digest)
