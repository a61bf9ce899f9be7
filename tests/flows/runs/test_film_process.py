"""The process that makes a film: fed, followed, and never left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.runs import film_process
from flows.runs.feed import Feed
from flows.runs.film_process import HANGS, FilmProcess
from flows.runs.messages import Beat, Ended, encode
from flows.runs.order import Order


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(film_process, "FILMING", "tests.flows.runs.told_film")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_says_how_the_film_ends(tmp_path: Path) -> None:
    with FilmProcess(Order(storyboard="is made"), tmp_path) as process:
        assert process.feed.end() == Ended("", "completed", "film.mp4")
    assert gone(process.pid)


def test_a_killed_one_has_an_end_too(tmp_path: Path) -> None:
    with FilmProcess(Order(storyboard="is killed"), tmp_path) as process:
        assert process.feed.end().how == "crashed"


def test_one_that_hangs_is_found_and_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_process, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(film_process, "SILENCE_SECONDS", 3.0)
    with FilmProcess(Order(storyboard="hangs"), tmp_path) as process:
        end = process.feed.end()
        assert end == Ended("", "crashed", HANGS.format(minutes=0.05))
    assert gone(process.pid)


def test_signs_of_life_are_heard_and_shown_to_nobody() -> None:
    source, sink = os.pipe()
    feed = Feed(os.fdopen(source, "rb"))
    with os.fdopen(sink, "wb") as pipe:
        pipe.write(encode(Beat()) + encode(Beat()) + encode(Ended("", "completed", "film.mp4")))
    assert list(feed.messages()) == [Ended("", "completed", "film.mp4")]
    assert feed.lines == 3


def test_it_is_stopped_whatever_happens_to_who_follows(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), FilmProcess(Order(storyboard="goes on"), tmp_path) as process:
        raise ZeroDivisionError
    assert gone(process.pid)


def test_it_ends_when_nobody_follows_any_more(tmp_path: Path) -> None:
    order = Order(storyboard="goes on", overrides=("until nobody follows",))
    with FilmProcess(order, tmp_path) as process:
        process.leave()
        assert process.feed.end().how == "cancelled"
