"""Pages and links beside a film's run: tables that no prompt breaks, and pictures inside them."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from flows.film.watch import Watches
from flows.media import png_bytes
from flows.runs.messages import Link, decode, encode
from flows.runs.pages import MOST_ROWS, SHEET_WIDTH, contact_sheet_page, file_links, plan_page, seams_table
from flows.seams import Continuity, Seam
from tests.flows.cli.plans import clip, plan, shot, take


def test_every_take_has_a_row_with_what_is_done_and_why() -> None:
    made = plan(
        shot("a.one", take(clip("1"), why="prompt changed: a | b\nc"), take(clip("2", "cached"), why="in the store"))
    )
    page = plan_page(made, Watches(made.shots, {"1"}).takes)
    lines = page.markdown.splitlines()
    assert lines[0] == "## The [bold] boat"
    assert lines[-2:] == [
        r"| a.one | t2v-a14b | 32 | 7 | render | prompt changed: a \| b c |",
        "| a.one take 2 | t2v-a14b | 32 | 7 | in the store | in the store |",
    ]


def test_a_very_long_table_is_cut_and_says_so() -> None:
    made = plan(*(shot(f"a.s{number}", take(clip(str(number)))) for number in range(MOST_ROWS + 3)))
    markdown = plan_page(made, Watches(made.shots, ()).takes).markdown
    assert markdown.endswith("\nand 3 more")
    assert f"a.s{MOST_ROWS - 1} " in markdown
    assert f"a.s{MOST_ROWS} " not in markdown


def test_links_lead_to_what_was_made() -> None:
    film = Path("/films/a boat/film.mp4")
    assert list(file_links(film, None)) == [
        Link("film", "`/films/a boat/film.mp4`", "file:///films/a%20boat/film.mp4", "film.mp4")
    ]
    assert list(file_links(None, None)) == []


def test_the_contact_sheet_is_a_small_picture_inside_its_page() -> None:
    page = contact_sheet_page(png_bytes(np.full((20, SHEET_WIDTH * 2, 3), 90, np.uint8)))
    data = page.markdown.partition("base64,")[2].rstrip(")")
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert (image.format, image.width) == ("JPEG", SHEET_WIDTH)


def test_a_title_cannot_begin_a_table() -> None:
    made = replace(plan(shot("a.one", take(clip("1")))), title="a | b")
    assert plan_page(made, ()).markdown.startswith(r"## a \| b")


def test_joins_and_shots_are_a_table_the_worst_first() -> None:
    good = Seam(kind="shot", shot="a.one", values={"cuts": 0.0})
    bad = Seam(kind="join", shot="a.two", before="a.one", at=2.0, values={"delta_e": 3.0})
    cut = Seam(kind="join", shot="b.one", before="a.two", judged=False, values={"delta_e": 60.0})
    table = seams_table(Continuity((good, bad, cut)))
    assert [row["seam"] for row in table.rows] == ["a.one → a.two", "a.one"]
    assert table.rows[0] | {"delta_e": 3.0, "over budget": "delta_e", "at": "2.00 s"} == table.rows[0]
    assert decode(encode(table)) == table
