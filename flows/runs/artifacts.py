"""What a film's run shows in the Prefect UI beside its state: bars, pages, links."""

from __future__ import annotations

import time
from contextlib import suppress
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.runs.messages import Link, Page, Table

UPDATE_SECONDS = 1.0
"""A progress artifact is one request to the API; more often than this nobody sees it."""


class ProgressArtifact:
    """A bar in the UI. Nothing is written before `UPDATE_SECONDS` are over: what is quick needs no bar. One that could
    not be drawn is drawn later: the next is never far."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._id: UUID | None = None
        self._told_at = time.monotonic()

    def show(self, fraction: float, *, at_once: bool = False) -> None:
        """`fraction` from 0 to 1."""
        now = time.monotonic()
        if now - self._told_at < UPDATE_SECONDS and not at_once:
            return
        self._told_at = now
        with suppress(httpx.TransportError):  # a server that does not come back is noticed by `flows.runs.life`
            self._draw(round(100 * fraction, 1))

    def finish(self) -> None:
        """A bar that was begun is full."""
        if self._id is not None:
            self.show(1.0, at_once=True)

    def _draw(self, percent: float) -> None:
        if self._id is None:
            created = create_progress_artifact(progress=percent, description=self._description)
            assert isinstance(created, UUID)
            self._id = created
        else:
            update_progress_artifact(self._id, progress=percent)


def show(beside: Page | Table | Link) -> None:
    """A page, a table or a link."""
    if isinstance(beside, Page):
        create_markdown_artifact(beside.markdown, key=beside.key, description=beside.description)
    elif isinstance(beside, Table):
        create_table_artifact(list(beside.rows), key=beside.key, description=beside.description)
    else:
        create_link_artifact(beside.address, link_text=beside.text, key=beside.key, description=beside.description)
