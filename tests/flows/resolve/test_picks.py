"""Picks in the store: found by the storyboard, in the order they were made; a damaged note is as good as none."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.resolve.picks import Pick, change_picks, outdated, picks_of, recall_all_picks, recall_picks, valid
from flows.store import Store, open_store
from flows.storyboard.model import Storyboard


def pick(take: int, when: str = "2026-12-01") -> Pick:
    return Pick(shot="a.b", take=take, fingerprint=str(take) * 64, film="x", who="ann", when=when)


def test_they_are_found_by_the_storyboard_wherever_one_stands(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    (tmp_path / "x.yaml").write_text("")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "x.yaml")
    board = Storyboard(title="X", slug="x", path=tmp_path / "link.yaml", scenes=())
    change_picks(store, str(tmp_path / "x.yaml"), lambda _: [pick(2, "2026-12-02"), pick(1)])
    assert [each.take for each in recall_picks(store, board)] == [1, 2], "oldest first"
    change_picks(store, str(tmp_path / "x.yaml"), lambda _: [])
    assert recall_picks(store, board) == ()


def test_a_damaged_note_is_none_and_the_one_before_it_counts(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    change_picks(store, "/x.yaml", lambda _: [pick(1)])
    change_picks(store, "/x.yaml", lambda kept: [*kept, pick(2)])
    first, second = sorted((tmp_path / "store" / "picks").glob("*/*"))
    for text in ("", "{", '{"picks": [{"take": 1}]}', "[]"):
        second.write_text(text)
        assert picks_of(store, "/x.yaml") == (pick(1),)
    first.write_text("")
    assert picks_of(store, "/x.yaml") == ()
    change_picks(store, "/x.yaml", lambda _: [pick(3)])
    assert picks_of(store, "/x.yaml") == (pick(3),), "nothing is written over"


def test_who_was_quicker_loses_nothing_and_neither_does_the_other(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    asked: list[tuple[Pick, ...]] = []

    def slow(kept: tuple[Pick, ...]) -> list[Pick]:
        asked.append(kept)
        if len(asked) == 1:  # in between
            change_picks(store, "/x.yaml", lambda _: [pick(1)])
        return [*kept, pick(2)]

    assert change_picks(store, "/x.yaml", slow) == (pick(1), pick(2)) == picks_of(store, "/x.yaml")
    assert asked == [(), (pick(1),)]


def test_what_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    change_picks(open_store(str(tmp_path / "store")), "/x.yaml", lambda _: [])
    assert not [*(tmp_path / "store").glob("picks/*/*")]


def test_what_films_of_one_storyboard_share_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path / "store"))
    change_picks(store, str(tmp_path / "x.yaml"), lambda _: [pick(1)])
    boards = [Storyboard(title="X", slug=f"x-{n}", path=tmp_path / "x.yaml", scenes=()) for n in range(9)]
    listed: list[str] = []

    def notes(self: Store, folder: str) -> tuple[str, ...]:
        listed.append(folder)
        return ()

    monkeypatch.setattr(Store, "notes", notes)
    recall_all_picks(store, boards)
    assert len(listed) == 1


def test_the_newest_of_takes_that_are_there_holds() -> None:
    picks = [pick(1), pick(2), pick(3)]
    there = {"1" * 64, "2" * 64}
    assert (valid(picks, there), outdated(picks, there)) == (pick(2), None)
    assert (valid(picks, set()), outdated(picks, set())) == (None, pick(3))
    assert outdated([], there) is None
