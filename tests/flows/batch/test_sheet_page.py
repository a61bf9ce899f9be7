"""The contact sheet of a sweep: a page and a picture, written again when a film is picked."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from flows.batch.picking import made_with, pick_film
from flows.batch.sheet import Frame, Row, Sheet, read_sheet, write_sheet
from flows.batch.sheet_page import CELL, GAP, PICTURE, SIDE, write_pages
from flows.errors import UserError
from flows.report.sheet import FONT
from flows.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def a_sheet(store: Store, films: int = 2, shots: int = 2) -> Sheet:
    """Each film in a grey of its own; the last one failed and has nothing."""

    def picture(grey: int) -> str:
        data = io.BytesIO()
        Image.new("RGB", (64, 36), (grey, grey, grey)).save(data, "JPEG")
        return store.put_bytes(data.getvalue())

    rows = [
        Row(
            name=f"seed-{n}",
            differs={"seed": str(n), "title": "<b>"},
            state="made",
            overrides=[f"storyboard.seed={n}"],
            frames=[Frame(picture(60 * n), "take 2, chosen by ann", "seed-1" if n > 1 else "") for _ in range(shots)],
            film=f"seed-{n}/film.mp4",
            report=f"seed-{n}/report.html",
            film_seconds=2.0,
        )
        for n in range(1, films + 1)
    ]
    lost = replace(rows[0], name="lost", state="failed", film=None, report=None, error="it <broke>")
    rows.append(replace(lost, frames=[Frame() for _ in range(shots)]))
    names = [f"a.s{n}" for n in range(shots)]
    return Sheet(
        sweep="x-seed", title="X & Y", storyboard="/x.yaml", store=store.address, aspect=16 / 9, shots=names, rows=rows
    )


def test_the_page_needs_no_file_but_the_films(tmp_path: Path, store: Store) -> None:
    write_pages(a_sheet(store), store, tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert page.count('<div class="none">failed</div>') == 2
    assert 'href="seed-1/film.mp4"' in page
    assert 'href="seed-2/report.html"' in page
    assert "take 2, chosen by ann, the same as in seed-1" in page
    assert "X &amp; Y" in page
    assert "it &lt;broke&gt;" in page
    assert "<b>" not in page.partition("<body>")[2]
    assert "http" not in page.partition("<body>")[2]


def test_the_picture_has_a_row_a_film_and_a_column_a_shot(tmp_path: Path, store: Store) -> None:
    path = write_pages(a_sheet(store), store, tmp_path)
    assert path == tmp_path / PICTURE
    with Image.open(path) as image:
        sheet = image.convert("L")
    assert sheet.width == GAP + SIDE + 2 * (CELL + GAP)
    height = round(CELL * 9 / 16)
    tops = [GAP + FONT + 5 + GAP + row * (height + GAP) for row in range(3)]
    greys = [[sheet.getpixel((GAP + SIDE + c * (CELL + GAP) + 120, top + 90)) for c in range(2)] for top in tops]
    assert greys[0] == pytest.approx([60, 60], abs=3)
    assert greys[1] == pytest.approx([120, 120], abs=3)
    assert greys[2][0] == pytest.approx(237, abs=4), "an empty place"


def test_a_sheet_is_read_as_it_was_written(tmp_path: Path, store: Store) -> None:
    sheet = a_sheet(store)
    assert read_sheet(tmp_path) is None
    write_sheet(sheet, tmp_path)
    assert read_sheet(tmp_path) == sheet
    (tmp_path / "sheet.json").write_text("{}")
    assert read_sheet(tmp_path) is None


def test_pictures_that_are_gone_are_left_out(tmp_path: Path, store: Store) -> None:
    sheet = a_sheet(store)
    elsewhere = open_store(str(tmp_path / "empty"))
    write_pages(sheet, elsewhere, tmp_path)
    assert "data:image" not in (tmp_path / "index.html").read_text()


def test_one_that_would_be_too_large_is_the_page_alone(tmp_path: Path, store: Store) -> None:
    (tmp_path / PICTURE).write_bytes(b"old")
    sheet = a_sheet(store, shots=40)
    many = replace(sheet, rows=[replace(sheet.rows[0], name=f"f{n}") for n in range(60)])
    assert write_pages(many, store, tmp_path) is None
    assert not (tmp_path / PICTURE).exists()
    assert (tmp_path / "index.html").read_text().count("<img") == 2400


def test_a_film_is_picked_and_marked(tmp_path: Path, store: Store) -> None:
    sheet = a_sheet(store)
    picked = pick_film(sheet, tmp_path, "seed-2", "ann", "2026-12-01T10:00:00+00:00")
    assert read_sheet(tmp_path) == picked
    page = (tmp_path / "index.html").read_text()
    assert "seed-2 was picked by ann, 2026-12-01" in page
    assert page.count('class="row-made picked"') == 1
    with pytest.raises(UserError, match="was not made"):
        pick_film(sheet, tmp_path, "lost", "ann", "2026-12-01")


def test_what_a_film_was_made_with_makes_it_alone(store: Store) -> None:
    sheet = replace(a_sheet(store), overrides=["storyboard=x", "render=draft"])
    assert made_with(sheet, "seed-2") == ("/x.yaml", ["render=draft", "storyboard.seed=2"])
    several = [
        replace(row, differs={"storyboard": name}, overrides=[f"storyboard={name}"])
        for name, row in zip("abc", sheet.rows, strict=True)
    ]
    assert made_with(replace(sheet, rows=several, overrides=["render=draft"]), "seed-2") == ("b", ["render=draft"])
