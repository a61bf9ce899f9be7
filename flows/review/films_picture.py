"""The contact sheet of a batch as a picture: films as rows, shots as columns, each look once."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flows.review.films import Cell, FilmRow, film_rows, shot_columns
from flows.review.model import Entry, Sheet, Standing
from flows.review.rounds import stands

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

CELL, SIDE, GAP, LABEL, HEAD = 220, 190, 12, 22, 24
"""Pixels: a picture's width, the words beside a row, between cells, below a picture, above the first row."""
MOST_ROWS, MOST_COLUMNS = 60, 12
"""On the picture; the page has all of them."""
PAPER, INK, SOFT, WELL = (250, 249, 246), (32, 30, 28), (140, 134, 126), (240, 237, 230)
MARKS: Mapping[Standing, tuple[int, int, int]] = {
    "open": (180, 81, 42),
    "approved": (78, 122, 82),
    "dropped": (140, 134, 126),
}
_LETTERS = 24


def films_picture(sheet: Sheet, entries: Sequence[Entry], pictures: Mapping[str, bytes]) -> bytes:
    """A JPEG; empty where there is nothing to see. `pictures`: JPEGs by shot."""
    from PIL import Image, ImageDraw

    if not pictures:
        return b""
    rows, shots = film_rows(sheet, entries)[:MOST_ROWS], shot_columns(sheet)[:MOST_COLUMNS]
    with Image.open(io.BytesIO(next(iter(pictures.values())))) as first:
        height = round(CELL * first.height / first.width)
    step = CELL + GAP, height + LABEL + GAP
    canvas = Image.new("RGB", (SIDE + len(shots) * step[0], HEAD + GAP + len(rows) * step[1]), PAPER)
    draw = ImageDraw.Draw(canvas)
    for column, shot in enumerate(shots):
        _say(draw, (SIDE + column * step[0], GAP), shot, SOFT)
    standings = {shot: stand.standing for shot, stand in stands(sheet.questions, entries).items()}
    for number, row in enumerate(rows):
        top = HEAD + GAP + number * step[1]
        _say(draw, (GAP, top), row.film.name, INK)
        _say(
            draw, (GAP, top + 18), "rejected" if row.out else f"row {row.film.row}", MARKS["open"] if row.out else SOFT
        )
        for column, cell in enumerate(row.cells[: len(shots)]):
            _draw(canvas, draw, row, cell, (SIDE + column * step[0], top, height), pictures, standings)
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=80, optimize=True)
    return buffer.getvalue()


def _draw(
    canvas: Image,
    draw: ImageDraw,
    row: FilmRow,
    cell: Cell,
    at: tuple[int, int, int],
    pictures: Mapping[str, bytes],
    standings: Mapping[str, Standing],
) -> None:
    from PIL import Image as Images
    from PIL import ImageOps

    left, top, height = at
    question = cell.question
    data = pictures.get(question.shot) if question and cell.first else None
    if data is None:
        draw.rectangle((left, top, left + CELL, top + height), WELL)
        if question is not None:
            said = "not rendered" if cell.first else f"as in {question.films[0]}"
            _say(draw, (left + 8, top + 8), said, SOFT)
        return
    with Images.open(io.BytesIO(data)) as picture:
        canvas.paste(
            ImageOps.pad(picture.convert("RGB"), (CELL, height), Images.Resampling.LANCZOS, PAPER), (left, top)
        )
    assert question is not None, "there is a picture of it"
    standing = standings[question.shot]
    draw.rectangle((left, top + height, left + CELL, top + height + 3), SOFT if row.out else MARKS[standing])
    _say(draw, (left, top + height + 5), f"{standing}, seed {question.seed}", INK)


def _say(draw: ImageDraw, at: tuple[int, int], text: str, colour: tuple[int, int, int]) -> None:
    from PIL import ImageFont

    draw.text(at, text.encode("ascii", "replace").decode()[:_LETTERS], colour, ImageFont.load_default(13))
