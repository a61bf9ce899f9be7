"""`take:` of a shot: one of those that it has, or a mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.storyboard import check_storyboard, load_storyboard

FILM = """storyboard: 1
title: T
scenes:
  - shots:
      - prompt: a boat
        takes: {takes}
        take: {take}
"""


def written(folder: Path, take: str, takes: str = "3") -> Path:
    path = folder / "x.yaml"
    path.write_text(FILM.format(takes=takes, take=take))
    return path


def test_it_is_one_of_the_takes(tmp_path: Path) -> None:
    assert load_storyboard(written(tmp_path, "2")).shots[0].take == 2
    assert load_storyboard(written(tmp_path, "3")).shots[0].take == 3
    over = load_storyboard(written(tmp_path, "3"), overrides=["storyboard.shots.shot-1.take=1"])
    assert over.shots[0].take == 1


@pytest.mark.parametrize(
    ("take", "takes", "message", "fix"),
    [
        ("4", "3", "take 4 is chosen, and the shot has 3 takes", "write a number from 1 to 3"),
        ("2", "1", "take 2 is chosen, and the shot has 1 take", "write takes: 2, or more"),
        ("0", "3", "take must be a whole number from 1 to 100", "write 1 or more"),
        ("two", "3", "take", None),
    ],
)
def test_one_that_it_has_not_is_named_with_its_place(
    take: str, takes: str, message: str, fix: str | None, tmp_path: Path
) -> None:
    (problem,) = check_storyboard(written(tmp_path, take, takes))
    assert message in problem.message
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (7, 15)
    assert fix is None or problem.fix == fix
