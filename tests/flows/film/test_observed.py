"""Whatever becomes of a film, its observer hears of it, and the ledger has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from flows.errors import RenderError, Stopped
from flows.events import Event, Log
from flows.film import observed
from flows.film.making import Making
from flows.film.observed import make_observed
from flows.film.observer import Run

SAID = Log("a", 20, "hello")


class Film:
    """A film in the making that ends as it is told to; `told` is what happened, in order."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.told: list[str] = []
        self._fails = fails

    def events(self) -> Iterator[Event]:
        yield SAID
        if self._fails is not None:
            raise self._fails

    def check_rendered(self) -> None:
        self.told.append("check")

    def edit(self) -> None:
        self.told.append("edit")

    def stop(self) -> None:
        self.told.append("stop")

    def warn(self, message: str) -> None:
        self.told.append(f"warn {message}")


class Watcher:
    """An observer that notes what it hears in the film's own list. `end_fails`: telling it the end does not work."""

    def __init__(self, film: Film, trouble: str | None = None, end_fails: BaseException | None = None) -> None:
        self.troubles = () if trouble is None else (trouble,)
        self._film = film
        self._end_fails = end_fails

    def start(self) -> None:
        raise AssertionError("make_film has done that")

    def begin(self, making: Any) -> None:
        self._film.told.append("begin")

    def tell(self, event: Event) -> None:
        assert event == SAID
        self._film.told.append("tell")

    def end(self, making: Any, error: BaseException | None) -> None:
        self._film.told.append(f"end {type(error).__name__}")
        if self._end_fails is not None:
            raise self._end_fails

    def run(self, *, patient: bool = True) -> Run:
        if patient:
            self._film.told.append("wait")
        return Run("42", "http://run")

    def close(self) -> None:
        self._film.told.append("close")


@pytest.fixture(autouse=True)
def history(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(making: Any, run: str) -> str:
        making.told.append(f"history of {run}")
        return ""

    monkeypatch.setattr(observed, "write_history", write)


def make(film: Film, watcher: Watcher) -> Run:
    return make_observed(cast(Making, film), watcher)


def test_a_film_is_rendered_edited_told_and_written_down() -> None:
    film = Film()
    assert make(film, Watcher(film)) == Run("42", "http://run")
    assert film.told == ["begin", "tell", "check", "edit", "end NoneType", "wait", "history of 42", "close"]


def test_a_film_that_fails_is_stopped_told_and_written_down() -> None:
    film = Film(RenderError("one take was not rendered"))
    with pytest.raises(RenderError):
        make(film, Watcher(film))
    assert film.told == ["begin", "tell", "stop", "end RenderError", "wait", "history of 42", "close"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Stopped("stopped")])
def test_who_stops_waits_for_nobody_and_has_a_history(stop: BaseException) -> None:
    film = Film(stop)
    with pytest.raises(Stopped):
        make(film, Watcher(film))
    assert film.told == ["begin", "tell", "stop", "end Stopped", "history of 42", "close"]


def test_an_observer_that_cannot_be_told_the_end_costs_no_history() -> None:
    film = Film()
    with pytest.raises(ZeroDivisionError):
        make(film, Watcher(film, end_fails=ZeroDivisionError()))
    assert film.told[-2:] == ["history of 42", "close"]


def test_why_nobody_watches_is_passed_on() -> None:
    film = Film()
    make(film, Watcher(film, trouble="no answer"))
    assert film.told.count("warn no answer") == 2  # after the event, and at the end; `warn` says it once


def test_a_history_that_could_not_be_written_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "write_history", lambda making, run: "disk full")
    film = Film()
    make(film, Watcher(film))
    assert "warn disk full" in film.told
