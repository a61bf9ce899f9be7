"""Pages and links that stand beside a film's run: the plan, the contact sheet, the files it made."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flows.film.watch import TakeWatch
from flows.measures import MEASURES
from flows.media import jpeg_bytes
from flows.planning.model import Plan
from flows.runs.messages import Link, Page, Table
from flows.seams import Continuity

MOST_ROWS = 500
"""Of the plan's table; a browser does not like more."""

SHEET_WIDTH = 1280
"""Pixels of the contact sheet at most."""


def plan_page(plan: Plan, takes: Sequence[TakeWatch]) -> Page:
    """The plan as a table: each take, what will be done with it and why."""
    head = ["| shot | variant | frames | seed | | why |", "| --- | --- | ---: | ---: | --- | --- |"]
    rows = [
        f"| {watch.name} | {watch.shot.variant} | {watch.shot.num_frames} | {watch.take.seed} "
        f"| {'render' if watch.waits_for else 'in the store'} | {_cell(watch.take.why)} |"
        for watch in takes[:MOST_ROWS]
    ]
    more = [f"\nand {len(takes) - MOST_ROWS} more"] if len(takes) > MOST_ROWS else []
    title = f"## {_cell(plan.title)}\n{plan.width}×{plan.height}, {plan.fps:g} fps, {plan.totals.film_seconds:.1f} s\n"
    return Page("plan", "What is rendered, and why", "\n".join([title, *head, *rows, *more]))


def seams_table(found: Continuity) -> Table:
    """The film's joins and shots as they were measured, the worst first."""
    rows: list[dict[str, Any]] = []
    for seam in found.worst_first[:MOST_ROWS]:
        row: dict[str, Any] = {"seam": seam.name, "at": f"{seam.at:.2f} s", "over budget": ", ".join(seam.over)}
        rows.append(row | {name: round(seam.values[name], 3) if name in seam.values else "" for name in MEASURES})
    return Table("seams", "How the film goes on, the worst first", tuple(rows))


def file_links(film: Path | None, report: Path | None) -> Iterator[Link]:
    """To what was made. Browsers open them on the machine they lie on."""
    for key, path in (("film", film), ("report", report)):
        if path is not None:
            yield Link(key, f"`{path}`", path.as_uri(), path.name)


def contact_sheet_page(png: bytes) -> Page:
    """Every shot at a glance. An image artifact needs an address that a browser can reach, and the store has none, so
    the picture lies in the text; as a JPEG it takes some 10 KB a shot."""
    with Image.open(io.BytesIO(png)) as image:
        jpeg = jpeg_bytes(np.asarray(image.convert("RGB")), width=min(image.width, SHEET_WIDTH), quality=80)
    address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return Page("contact-sheet", "Every shot at a glance", f"![contact sheet]({address})")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
