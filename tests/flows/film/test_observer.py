"""A film that nobody watches."""

from __future__ import annotations

from typing import cast

from flows.events import Log
from flows.film.making import Making
from flows.film.observer import Observer, Run, Unobserved


def test_where_nobody_watches_everything_may_be_told_and_nothing_comes_of_it() -> None:
    nobody: Observer = Unobserved()
    film = cast(Making, object())
    nobody.start()
    nobody.begin(film)
    nobody.tell(Log("", 20, "hello"))
    nobody.end(film, ValueError("x"))
    nobody.close()
    assert nobody.run(patient=True) == nobody.run(patient=False) == Run("", "")
    assert nobody.troubles == ()
