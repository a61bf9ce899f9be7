"""The page of a film that is not finished: what is there is shown, what is not says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.errors import Problem
from flows.report import write_missing
from tests.flows.edit.films import ShotSpec, a_film
from tests.flows.report.test_page import Page

SHOTS = [ShotSpec("river.launch", ((17, 0, 12),)), ShotSpec("river.drift", ((17, 0, 16),))]


def test_what_is_there_is_shown_and_what_is_not_says_why(tmp_path: Path) -> None:
    plan, clips, store = a_film(tmp_path, SHOTS, lambda shot, take, frames: np.zeros((frames, 24, 32, 3), np.uint8))
    lost = plan.shots[1].takes[0].fingerprint
    left = {name: record for name, record in clips.items() if name != lost}
    why = Problem(None, "on worker-1: <b>out of memory</b>", None, "river.drift")
    page = tmp_path / "missing.html"
    text = write_missing(plan, left, [why], store, page).read_text()
    assert Page(text).open == []
    assert [source[:22] for source in Page(text).sources] == ["data:image/jpeg;base64"]
    assert "1 take could not be rendered" in text
    assert "on worker-1: &lt;b&gt;out of memory" in text
    assert "1 of 1 take there" in text
    assert "0 of 1 take there" in text
    assert "film.mp4" not in text


def test_a_film_of_before_is_said_to_be_that(tmp_path: Path) -> None:
    plan, clips, store = a_film(tmp_path, SHOTS, lambda shot, take, frames: np.zeros((frames, 24, 32, 3), np.uint8))
    (tmp_path / "film.mp4").touch()
    text = write_missing(plan, clips, [], store, tmp_path / "missing.html").read_text()
    assert "is of an earlier rendering" in text
