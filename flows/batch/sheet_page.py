"""Writing a sweep's contact sheet: `index.html`, which needs no file but the films it leads to, and `sheet.jpg`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.batch.gallery import PAGE
from flows.batch.sheet import Frame, Row, Sheet, write_sheet
from flows.errors import StoreError
from flows.report.frames import data_uri
from flows.report.sheet import ACCENT, FAINT, FONT, GAP, INK, PAPER
from flows.report.templates import environment
from flows.store import Store
from flows.words import duration
from wan.system.files import write_atomically, write_whole

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

PICTURE = "sheet.jpg"
CELL, SIDE = 240, 260
"""Pixels of a frame's width, and of the words beside the frames."""
LINE = FONT + 5
WELL = (240, 237, 230)
MOST_PIXELS = 60_000_000
"""Of a larger sheet there is the page alone."""


def write_pages(sheet: Sheet, store: Store, folder: Path) -> Path | None:
    """Write data, page and picture; returns the picture, None if it would be too large. Pictures that the store has no
    more are left out."""
    pictures = _pictures(sheet, store)
    write_sheet(sheet, folder)
    uris = {digest: data_uri(data, "image/jpeg") for digest, data in pictures.items()}
    page = environment(Path(__file__).parent).get_template("sheet.html.j2")
    write_atomically(folder / PAGE, page.render(sheet=sheet, pictures=uris, storyboard=Path(sheet.storyboard).name))
    drawn = _drawn(sheet, pictures)
    if drawn is None:
        (folder / PICTURE).unlink(missing_ok=True)
        return None
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=85, optimize=True)
    write_whole(folder / PICTURE, lambda file: file.write(buffer.getvalue()))
    return folder / PICTURE


def _pictures(sheet: Sheet, store: Store) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for digest in {frame.picture for row in sheet.rows for frame in row.frames if frame.picture}:
        try:
            found[digest] = store.read(digest)
        except StoreError:
            continue  # it is one picture less: the films are there
    return found


def _drawn(sheet: Sheet, pictures: Mapping[str, bytes]) -> Image | None:
    from PIL import Image, ImageDraw

    height = max(round(CELL / sheet.aspect), LINE * (len(sheet.swept) + 3))
    width = GAP + SIDE + len(sheet.shots) * (CELL + GAP)
    whole = GAP + LINE + GAP + len(sheet.rows) * (height + GAP)
    if width * whole > MOST_PIXELS:
        return None
    image = Image.new("RGB", (width, whole), PAPER)
    draw = ImageDraw.Draw(image)
    for number, shot in enumerate(sheet.shots):
        draw.text((GAP + SIDE + number * (CELL + GAP), GAP), shot[:30], FAINT, _font())
    for number, row in enumerate(sheet.rows):
        top = GAP + LINE + GAP + number * (height + GAP)
        _words(draw, row, top, picked=sheet.picked is not None and sheet.picked.film == row.name)
        for column, frame in enumerate(row.frames):
            left = GAP + SIDE + column * (CELL + GAP)
            _frame(image, draw, frame, row, (left, top, CELL, round(CELL / sheet.aspect)), pictures)
    return image


def _words(draw: ImageDraw, row: Row, top: int, *, picked: bool) -> None:
    lines = [(f"{key}: {value}", INK) for key, value in row.differs.items()]
    state = f"{row.state}, {duration(row.film_seconds)}" + (", picked" if picked else "")
    lines.append((state, ACCENT if picked or row.state == "failed" else FAINT))
    lines.append((f"{row.rendered} rendered, {row.reused} reused", FAINT))
    for number, (text, colour) in enumerate(lines):
        draw.text((GAP, top + number * LINE), text[:34], colour, _font())


def _frame(
    image: Image, draw: ImageDraw, frame: Frame, row: Row, box: tuple[int, int, int, int], pictures: Mapping[str, bytes]
) -> None:
    from PIL import Image as Images
    from PIL import ImageOps

    left, top, width, height = box
    data = pictures.get(frame.picture or "")
    if data is None:
        draw.rectangle((left, top, left + width, top + height), fill=WELL)
        draw.text((left + 8, top + 8), "failed" if row.state == "failed" else "not rendered", FAINT, _font())
        return
    with Images.open(io.BytesIO(data)) as picture:
        image.paste(ImageOps.fit(picture.convert("RGB"), (width, height), Images.Resampling.LANCZOS), (left, top))


def _font() -> FreeTypeFont | ImageFont:
    from PIL import ImageFont as Fonts

    return Fonts.load_default(FONT)
