"""What becomes of the films of a batch that caps end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.batch.making import BatchMaking
from flows.cost import Meter, Prices
from flows.cost.guard import Guard
from flows.errors import UserError
from flows.planning.model import Clip
from tests.flows.batch.makings import making_in


def guard() -> Guard:
    made = Guard([], [], None, Prices({}, None, "EUR"), Meter(), [])
    made.stopped = "a cap is reached"
    return made


def outcomes(making: BatchMaking) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.error) for entry in making.entries]


def test_films_that_are_not_made_since_a_cap_is_reached_say_so_once(tmp_path: Path) -> None:
    making = making_in(tmp_path)
    making.guard = guard()
    making._over(making.films[0], "stopped", "it may take too much")
    told = list(making._give_up())
    assert outcomes(making) == [("stopped", "it may take too much"), ("stopped", "a cap is reached")]
    assert making.done == 2
    assert len(told) == 2, "a warning, and one film"


def test_what_a_cap_does_not_allow_is_not_rendered_again(tmp_path: Path) -> None:
    """No pool is started for it."""
    making = making_in(tmp_path)
    film = making.films[0]
    clips = film.making.plan.clips[:1]
    asked: list[str] = []

    def opened(lost: Sequence[Clip]) -> Guard:
        asked.extend(clip.fingerprint for clip in lost)
        return guard()

    making.open_guard = opened
    making._submit_again(clips, film)
    assert asked == [clips[0].fingerprint]
    assert making.listening is None

    def refused(lost: Sequence[Clip]) -> None:
        raise UserError("it may take too much")

    making.guard, making.open_guard = None, refused
    with pytest.raises(UserError, match="it may take too much"):
        making._submit_again(clips, film)
    assert making.listening is None
