"""A film's way back to who sent its storyboard."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flows.errors import StoreError, UserError
from flows.film.folder import claimed_for
from flows.film.result import FilmResult
from flows.store import open_store
from flows.store.layout import film_note
from flows.submission import film_files, publish_film, write_film

RUN = "0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88"


def made_in(outputs: Path) -> FilmResult:
    folder = outputs / "the-boat"
    folder.mkdir(parents=True)
    for name in ("film.mp4", "report.html", "plan.json", "story.mp4"):
        (folder / name).write_text(name)
    return FilmResult(
        path=folder / "film.mp4",
        clips=(),
        report=folder / "report.html",
        plan_path=folder / "plan.json",
        rendered=2,
        cached=1,
        seconds=3.5,
        flow_run_id=RUN,
        run_url="",
        warnings=("one",),
    )


def test_it_is_written_as_if_it_had_been_made_here(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    sent_from = f"anna@{socket.gethostname()}:/films/boat.yaml"
    made = publish_film(store, RUN, sent_from, tmp_path / "there", made_in(tmp_path / "there"))
    assert film_files(store, RUN) == made
    for _ in range(2):  # a second time too
        paths = write_film(store, made, tmp_path / "here")
        assert [path.name for path in paths] == ["film.mp4", "report.html", "plan.json"]
        assert paths[0] == tmp_path / "here" / "the-boat" / "film.mp4"
        assert paths[0].read_text() == "film.mp4"
    with claimed_for("/films/boat.yaml", tmp_path / "here" / "the-boat", tmp_path / "here"):
        pass  # the same storyboard, rendered here, may take its place


def test_another_storyboards_film_is_not_overwritten(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    made = publish_film(store, RUN, "anna@elsewhere:/films/boat.yaml", tmp_path / "there", made_in(tmp_path / "there"))
    with claimed_for("/mine.yaml", tmp_path / "here" / "the-boat", tmp_path / "here") as folder:
        (folder / "film.mp4").touch()
    with pytest.raises(UserError, match=r"made from /mine\.yaml"):
        write_film(store, made, tmp_path / "here")


def test_a_run_that_made_nothing_has_no_files_and_a_note_that_leads_elsewhere_is_damaged(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    assert film_files(store, RUN) is None
    publish_film(store, RUN, "anna@elsewhere:/b.yaml", tmp_path / "there", made_in(tmp_path / "there"))
    note = store.note(film_note(RUN))
    assert note is not None
    store.put_note(film_note(RUN), note.replace(b'"the-boat"', b'"../boat"'))
    with pytest.raises(StoreError, match="damaged"):
        film_files(store, RUN)
