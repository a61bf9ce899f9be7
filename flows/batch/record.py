"""Writing down how far a batch is: the manifest and the page, now and then while it is made, and at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.gallery import PAGE, write_gallery
from flows.batch.manifest import JSON, PARQUET, Entry, Manifest, write_json, write_parquet
from flows.batch.plan import BatchPlan
from flows.batch.sheet import make_sheet
from flows.batch.sheet_page import write_pages
from flows.errors import EnvironmentProblem, StoreError
from flows.store import open_store

EVERY_SECONDS = 5.0
"""A batch that is killed has a manifest so old at most."""


class Recorder:
    """Of one batch."""

    def __init__(self, plan: BatchPlan, entries: Sequence[Entry]) -> None:
        self._plan, self._entries = plan, entries
        self._written = 0.0
        self.sheet: Path | None = None
        self.json, self.parquet, self.gallery = (plan.folder / name for name in (JSON, PARQUET, PAGE))
        self._write()

    def note(self, event: BatchEvent) -> None:
        """When a film is in another state. Raises EnvironmentProblem, as `write` does."""
        if isinstance(event, FilmNews) and time.monotonic() - self._written > EVERY_SECONDS:
            self._write()

    def write(self) -> None:
        """The end."""
        with self._on_disk():
            write_parquet(self._manifest(), self._plan.folder)
        self._write()

    def compare(self, store: str | None) -> str | None:
        """Of a sweep the contact sheet, with pictures, in the place of the page; what kept it from being written."""
        if self._plan.table is not None:
            return None
        try:
            opened = open_store(store)
            with self._on_disk():
                self.sheet = write_pages(make_sheet(self._plan, self._entries, opened), opened, self._plan.folder)
        except (StoreError, EnvironmentProblem) as error:
            return f"the contact sheet could not be written: {error}"
        return None

    def _write(self) -> None:
        self._written = time.monotonic()
        manifest = self._manifest()
        with self._on_disk():
            write_json(manifest, self._plan.folder)
            write_gallery(manifest, self._plan.folder)

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EnvironmentProblem(
                f"the manifest and page of the batch cannot be written to {self._plan.folder}: {error.strerror}\n"
                "    make room, or mend the folder, and run the same command again: what is made is kept"
            ) from error

    def _manifest(self) -> Manifest:
        storyboard, table = self._plan.whose
        return Manifest(
            batch=self._plan.called,
            storyboard=storyboard,
            table=table,
            films=self._entries,
            overrides=self._plan.overrides,
        )
