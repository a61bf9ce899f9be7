"""Picks in the store: found by the storyboard, in the order they were made; a damaged note is as good as none."""

from __future__ import annotations

from pathlib import Path

from flows.resolve.picks import Pick, keep_picks, outdated, picks_of, recall_picks, valid
from flows.store import open_store
from flows.storyboard.model import Storyboard


def pick(take: int, when: str = "2026-12-01") -> Pick:
    return Pick(shot="a.b", take=take, fingerprint=str(take) * 64, film="x", who="ann", when=when)


def test_they_are_found_by_the_storyboard_wherever_one_stands(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    (tmp_path / "x.yaml").write_text("")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "x.yaml")
    board = Storyboard(title="X", slug="x", path=tmp_path / "link.yaml", scenes=())
    keep_picks(store, str(tmp_path / "x.yaml"), [pick(2, "2026-12-02"), pick(1)])
    assert [each.take for each in recall_picks(store, board)] == [1, 2], "oldest first"
    keep_picks(store, str(tmp_path / "x.yaml"), [])
    assert recall_picks(store, board) == ()


def test_a_damaged_note_is_none(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    keep_picks(store, "/x.yaml", [pick(1)])
    (note,) = (tmp_path / "store" / "picks").iterdir()
    for text in ("", "{", '{"picks": [{"take": 1}]}', "[]"):
        note.write_text(text)
        assert picks_of(store, "/x.yaml") == ()


def test_the_newest_of_takes_that_are_there_holds() -> None:
    picks = [pick(1), pick(2), pick(3)]
    there = {"1" * 64, "2" * 64}
    assert (valid(picks, there), outdated(picks, there)) == (pick(2), None)
    assert (valid(picks, set()), outdated(picks, set())) == (None, pick(3))
    assert outdated([], there) is None
