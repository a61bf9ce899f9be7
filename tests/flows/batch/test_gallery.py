"""The page of a batch: every row on it, escaped, whole without script, and with nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from flows.batch.gallery import render
from flows.batch.manifest import Entry, Manifest, read_manifest, write_json, write_parquet

FILMS = [
    Entry(
        name="boat",
        row=2,
        state="made",
        title="A <b>boat</b>",
        variables={"product": "boat & kite"},
        film="boat/film.mp4",
        report="boat/report.html",
        poster="boat/poster.jpg",
        delivered=["boat/story.mp4"],
        film_seconds=5.5,
        seconds=61,
        clips=6,
        rendered=4,
        reused=2,
        key="k",
        film_bytes=3,
    ),
    Entry(name="kite", row=3, state="failed", title="Kite", error="open: <no> numbers"),
    Entry(name="", row=4, state="refused", error="column 'picture': there is no file"),
]
MANIFEST = Manifest(batch="spot-products", storyboard="/spot.yaml", table="/products.csv", films=FILMS)


def test_every_row_is_on_the_page() -> None:
    page = render(MANIFEST)
    assert len(re.findall(r"<article ", page)) == 3
    assert "A &lt;b&gt;boat&lt;/b&gt;" in page
    assert "boat &amp; kite" in page
    assert "open: &lt;no&gt; numbers" in page
    assert '<img loading="lazy"' in page
    assert 'href="boat/story.mp4"' in page
    assert re.findall(r"data-state=\"(\w+)\" aria-pressed", page) == ["made", "failed", "refused"]


def test_nothing_is_from_elsewhere_and_without_script_everything_is_seen() -> None:
    page = render(MANIFEST)
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert '<div class="tools" hidden>' in page, "shown by the script alone"
    assert not re.findall(r"<article[^>]* hidden", page)


def test_a_manifest_is_read_as_it_was_written_and_damaged_ones_are_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    write_json(MANIFEST, tmp_path)
    assert read_manifest(tmp_path) == MANIFEST
    (tmp_path / "manifest.json").write_text('{"manifest_version": 1, "films": [{"nme": 1}]}')
    assert read_manifest(tmp_path) is None
    (tmp_path / "manifest.json").write_text("{")
    assert read_manifest(tmp_path) is None
    write_parquet(Manifest(batch="b", storyboard="s", table="t", films=[]), tmp_path)
