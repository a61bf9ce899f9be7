"""The last finished film of a storyboard, remembered in the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.resolve.memory import recall, remember
from flows.resolve.snapshot import PastShot
from flows.store import Store
from flows.storyboard.model import Storyboard

FILM = Storyboard(title="X", slug="x", path=Path("/films/x.yaml"), scenes=())
PAST = {"a.s1": PastShot(("f" * 64,), ({"prompt": "a red box", "image": None}, {"prompt": "a red box", "width": 256}))}


def test_a_film_is_remembered_by_its_title_and_its_file(store: Store) -> None:
    assert recall(store, FILM) == {}
    remember(store, FILM, PAST)
    assert recall(store, FILM) == PAST
    assert recall(store, replace(FILM, path=Path("/films/other.yaml"))) == {}
    assert recall(store, replace(FILM, slug="y")) == {}


def test_the_next_film_takes_the_place_of_the_last(store: Store) -> None:
    remember(store, FILM, PAST)
    remember(store, FILM, {})
    assert recall(store, FILM) == {}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"shots": 1}', b'{"shots": {"a": {}}}', b"\xff"])
def test_a_damaged_memory_is_as_good_as_none(data: bytes, store: Store) -> None:
    remember(store, FILM, PAST)
    (name,) = store.notes("plans")
    store.put_note(name, data)
    assert recall(store, FILM) == {}
