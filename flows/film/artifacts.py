"""What a film's run shows in the Prefect UI beside its state: plan, progress, contact sheet, the files it made."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
from PIL import Image
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)

from flows.film.watch import TakeWatch
from flows.media import jpeg_bytes
from flows.plan.model import Plan

MOST_ROWS = 500
"""Of the plan's table; a browser does not like more."""

SHEET_WIDTH = 1280
"""Pixels of the contact sheet at most."""

UPDATE_SECONDS = 1.0
"""A progress artifact is one request to the API; more often than this nobody sees it."""


class ProgressArtifact:
    """A bar in the UI. Nothing is written before `UPDATE_SECONDS` are over: what is quick needs no bar."""

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
        percent = round(100 * fraction, 1)
        if self._id is None:
            created = create_progress_artifact(progress=percent, description=self._description)
            assert isinstance(created, UUID)
            self._id = created
        else:
            update_progress_artifact(self._id, progress=percent)

    def finish(self) -> None:
        """A bar that was begun is full."""
        if self._id is not None:
            self.show(1.0, at_once=True)


def show_plan(plan: Plan, takes: Sequence[TakeWatch]) -> None:
    """The plan as a table: each take, what will be done with it and why."""
    head = ["| shot | variant | frames | seed | | why |", "| --- | --- | ---: | ---: | --- | --- |"]
    rows = [
        f"| {watch.name} | {watch.shot.variant} | {watch.shot.num_frames} | {watch.take.seed} "
        f"| {'render' if watch.waits_for else 'in the store'} | {_cell(watch.take.why)} |"
        for watch in takes[:MOST_ROWS]
    ]
    more = [f"\nand {len(takes) - MOST_ROWS} more"] if len(takes) > MOST_ROWS else []
    title = f"## {_cell(plan.title)}\n{plan.width}×{plan.height}, {plan.fps:g} fps, {plan.totals.film_seconds:.1f} s\n"
    create_markdown_artifact(
        "\n".join([title, *head, *rows, *more]), key="plan", description="What is rendered, and why"
    )


def show_files(film: Path | None, report: Path | None) -> None:
    """Links to what was made. Browsers open them on the machine they lie on."""
    for key, path in (("film", film), ("report", report)):
        if path is not None:
            create_link_artifact(path.as_uri(), link_text=path.name, key=key, description=f"`{path}`")


def show_contact_sheet(png: bytes) -> None:
    """Every shot at a glance. An image artifact needs an address that a browser can reach, and the store has none, so
    the picture lies in the text; as a JPEG it takes some 10 KB a shot."""
    with Image.open(io.BytesIO(png)) as image:
        jpeg = jpeg_bytes(np.asarray(image.convert("RGB")), width=min(image.width, SHEET_WIDTH), quality=80)
    address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    create_markdown_artifact(f"![contact sheet]({address})", key="contact-sheet", description="Every shot at a glance")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
