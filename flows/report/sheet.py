"""The contact sheet: one frame of every shot on one picture."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flows.edit.timeline import chosen_take
from flows.planning.model import Plan, PlannedShot
from flows.store import ClipRecord, Store

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 4
CELL = 320
"""Pixels of a frame's width."""
GAP = 16
LABEL = 30
MOST = 200
"""A longer film shows this many shots, evenly chosen."""
PAPER, INK, FAINT = (250, 249, 246), (32, 30, 28), (140, 134, 126)


def contact_sheet(plan: Plan, takes: Mapping[str, ClipRecord], store: Store) -> bytes:
    """A PNG with the thumbnail of each shot's chosen take, its number and id under it, in the film's order.

    Shots without a rendered take are left out (a render with `only`). Raises `ValueError` if none has one.
    """
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    shots = [shot for shot in plan.shots if any(take.fingerprint in takes for take in shot.takes)]
    if not shots:
        raise ValueError("no shot is rendered, so there is nothing to show")
    shown = _evenly(list(enumerate(shots, start=1)))
    columns = min(COLUMNS, len(shown))
    height = round(CELL * plan.height / plan.width)
    cell = (CELL + GAP, height + LABEL + GAP)
    sheet = Image.new("RGB", (GAP + columns * cell[0], GAP + math.ceil(len(shown) / columns) * cell[1]), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for place, (number, shot) in enumerate(shown):
        left, top = GAP + place % columns * cell[0], GAP + place // columns * cell[1]
        picture = ImageOps.fit(_thumbnail(shot, takes, store), (CELL, height), Image.Resampling.LANCZOS)
        sheet.paste(picture, (left, top))
        draw.text((left, top + height + 7), f"{number}", FAINT, font)
        draw.text((left + 12 + 9 * len(str(number)), top + height + 7), shot.id[:34], INK, font)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _thumbnail(shot: PlannedShot, takes: Mapping[str, ClipRecord], store: Store) -> Image:
    from PIL import Image

    record = takes[chosen_take(shot, takes).fingerprint]
    with Image.open(io.BytesIO(store.read(record.thumbnail))) as image:
        return image.convert("RGB")


def _evenly(shots: list[tuple[int, PlannedShot]]) -> list[tuple[int, PlannedShot]]:
    if len(shots) <= MOST:
        return shots
    return [shots[k * len(shots) // MOST] for k in range(MOST)]
