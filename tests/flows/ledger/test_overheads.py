"""How long films take beside their clips: a guess at first, then what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.ledger.overheads import START, learn_film, read_overheads, rough_edit, start_key
from flows.store import Store, open_store
from flows.store.layout import OVERHEADS

RENDERED = start_key("tiny", "cpu", rendered=True)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


def start(store: Store, family: str = "tiny", device: str = "cpu", *, rendered: bool = True) -> float:
    return read_overheads(store).start(family, device, rendered=rendered, published=False)


def test_the_first_film_is_guessed_and_the_next_one_known(store: Store) -> None:
    assert (start(store), read_overheads(store).edit(100.0)) == (START, rough_edit(100.0))
    learn_film(store, RENDERED, 20.0, 2 * rough_edit(50.0), 50.0)
    assert start(store) == 20.0
    assert read_overheads(store).edit(100.0) == pytest.approx(2 * rough_edit(100.0), rel=1e-3)
    learn_film(store, RENDERED, 10.0, None, 50.0)
    assert start(store) == 15.0
    assert start(store, device="cuda") == START, "another device starts as it does"
    assert start(store, rendered=False) < START
    assert read_overheads(store).start("wan22", "cuda", rendered=True, published=True) > 2 * START


@pytest.mark.parametrize("data", [b"", b"[]", b'{"starts": {"a": 3}}', b'{"edits": ["x"]}', b"\xff"])
def test_a_damaged_note_is_as_good_as_none(data: bytes, store: Store) -> None:
    store.put_note(OVERHEADS, data)
    assert start(store) == START
    learn_film(store, RENDERED, 3.0, None, 1.0)
    assert start(store) == 3.0


def test_a_film_that_came_to_nothing_teaches_nothing(store: Store) -> None:
    learn_film(store, RENDERED, None, None, 1.0)
    assert store.note(OVERHEADS) is None
