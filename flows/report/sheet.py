"""The contact sheet: one frame of every take of every shot on one picture, with its score and which one is chosen."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.edit.timeline import chosen_take
from flows.planning.model import Plan, PlannedShot, Take
from flows.report.takes import chosen_words, is_there, score_of, with_passed_over
from flows.store import ClipRecord, Store

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 4
CELL = 320
"""Pixels of a frame's width."""
GAP = 16
LABEL = 30
MOST = 200
"""Of a longer film, or one of more takes, so many pictures are shown: those of the chosen takes, evenly."""
PAPER, INK, FAINT, ACCENT = (250, 249, 246), (32, 30, 28), (140, 134, 126), (180, 81, 42)
FONT = 15


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture of the sheet: a take (`number` None: the shot has one) of the film's `place`-th shot, from 1. `said`:
    its score, and who chose it."""

    place: int
    shot: str
    number: int | None
    record: ClipRecord
    chosen: bool
    said: str


def contact_sheet(plan: Plan, takes: Mapping[str, ClipRecord], store: Store) -> bytes:
    """A PNG with the thumbnail of each rendered take, the number and id of its shot under it, in the film's order. Of
    shots with several takes also number and score, and of the chosen one who chose it, in a frame.

    Shots without a rendered take are left out (a render with `only`). Raises `ValueError` if none has one.
    """
    cells = cells_of(plan, takes, store)
    if not cells:
        raise ValueError("no shot is rendered, so there is nothing to show")
    return _drawn(cells, round(CELL * plan.height / plan.width), store)


def cells_of(plan: Plan, takes: Mapping[str, ClipRecord], store: Store) -> list[Cell]:
    """What is on the sheet, in the film's order."""
    records = with_passed_over(plan, takes, store)
    shots = [shot for shot in plan.shots if any(is_there(take, takes) for take in shot.takes)]
    cells = [cell for place, shot in enumerate(shots, start=1) for cell in _cells(place, shot, takes, records)]
    if len(cells) <= MOST:
        return cells
    chosen = [cell for cell in cells if cell.chosen]
    return [chosen[k * len(chosen) // MOST] for k in range(MOST)] if len(chosen) > MOST else chosen


def _cells(
    place: int, shot: PlannedShot, takes: Mapping[str, ClipRecord], records: Mapping[str, ClipRecord]
) -> Sequence[Cell]:
    shown = chosen_take(shot, takes)
    there = [take for take in shot.all_takes if is_there(take, records)]
    several = len(shot.all_takes) > 1
    return [
        Cell(
            place=place,
            shot=shot.id,
            number=take.number if several else None,
            record=records[take.fingerprint],
            chosen=take.number == shown.number,
            said=_said(shot, take, records, chosen=take.number == shown.number) if several else "",
        )
        for take in there
    ]


def _said(shot: PlannedShot, take: Take, records: Mapping[str, ClipRecord], *, chosen: bool) -> str:
    score = score_of(take, records)
    return ", ".join(filter(None, (f"{score:.3f}" if score is not None else "", chosen_words(shot) if chosen else "")))


def _drawn(cells: Sequence[Cell], height: int, store: Store) -> bytes:
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    columns = min(COLUMNS, len(cells))
    label = LABEL + (FONT + 4 if any(cell.said for cell in cells) else 0)
    size = (CELL + GAP, height + label + GAP)
    sheet = Image.new("RGB", (GAP + columns * size[0], GAP + math.ceil(len(cells) / columns) * size[1]), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT)
    for index, cell in enumerate(cells):
        left, top = GAP + index % columns * size[0], GAP + index // columns * size[1]
        sheet.paste(ImageOps.fit(_thumbnail(cell, store), (CELL, height), Image.Resampling.LANCZOS), (left, top))
        if cell.chosen and cell.number is not None:
            draw.rectangle((left - 4, top - 4, left + CELL + 3, top + height + 3), outline=ACCENT, width=3)
        below = top + height + 7
        draw.text((left, below), f"{cell.place}", FAINT, font)
        take = "" if cell.number is None else f"  take {cell.number}"
        draw.text((left + 12 + 9 * len(str(cell.place)), below), f"{cell.shot[:34]}{take}", INK, font)
        if cell.said:
            draw.text((left, below + FONT + 4), cell.said, ACCENT if cell.chosen else FAINT, font)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _thumbnail(cell: Cell, store: Store) -> Image:
    from PIL import Image

    with Image.open(io.BytesIO(store.read(cell.record.thumbnail))) as image:
        return image.convert("RGB")
