"""The marks that say that a film was made by AI."""

from __future__ import annotations

from pathlib import Path

import av

from flows.edit import edit_film
from flows.edit.marks import add_xmp, packet, read_identifier, tags
from flows.settings import FilmSettings
from tests.flows.edit.conftest import MakeTimeline


def test_the_film_says_that_it_is_made_by_ai(film_of: MakeTimeline, settings: FilmSettings, tmp_path: Path) -> None:
    title = 'Tom & Jerry\'s "boat"; 100% [v]:\\n=fade,x'
    film = edit_film(film_of([(3, "cut", 0)], title=title), tmp_path / "film.mp4", settings)
    with av.open(str(film)) as container:
        assert container.metadata["title"] == title
        assert container.metadata["comment"] == "AI-generated video"
        assert "trainedAlgorithmicMedia" in container.metadata["description"]
    xmp = film.read_bytes()[-1200:]
    assert (
        b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in xmp
    )
    assert b"Tom &amp; Jerry" in xmp


def test_the_mark_of_an_edit_is_read_back_and_only_if_it_is_whole(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0" * 100_000)
    assert read_identifier(film) is None
    add_xmp(film, "A boat", "0123abcd")
    assert read_identifier(film) == "0123abcd"
    film.write_bytes(film.read_bytes()[:-5])
    assert read_identifier(film) is None


def test_nothing_before_the_mark_moves(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"before")
    add_xmp(film, "A boat", "ab")
    data = film.read_bytes()
    assert data[:6] == b"before"
    assert int.from_bytes(data[6:10], "big") == len(data) - 6
    assert data[10:14] == b"uuid"


def test_a_title_stays_a_title() -> None:
    assert tags("a\nb\x00c", "d1")[0] == "title=a b c"
    assert b"a &lt;b&gt; &amp; c" in packet("a <b> & c", "")
