"""What people change by hand is found again by the next keeper."""

from __future__ import annotations

import pytest

from flows.cluster.manual import ManualChanges
from flows.store import Store
from flows.store.layout import pool_note
from flows.store.memory import MemoryBackend


@pytest.fixture
def store() -> Store:
    return Store(MemoryBackend())


def test_the_next_keeper_finds_it(store: Store) -> None:
    first = ManualChanges(store, "default")
    first.hold("", True)
    first.hold("film", True)
    first.move("film", 7)
    first.stay()
    second = ManualChanges(store, "default")
    assert (second.paused, second.held("film"), second.stays) == (True, True, True)
    assert (second.priority("film", 0), second.priority("other", 3)) == (7, 3)
    assert not ManualChanges(store, "another").paused


def test_what_is_taken_back_or_over_is_forgotten(store: Store) -> None:
    changes = ManualChanges(store, "default")
    changes.hold("film", True)
    changes.move("film", 7)
    changes.hold("film", False)
    changes.forget("film")
    again = ManualChanges(store, "default")
    assert (again.held("film"), again.priority("film", 0)) == (False, 0)
    changes.clear()
    assert store.note(pool_note("default")) is None


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"priorities": 3}', b'{"priorities": {"a": "high"}}'])
def test_a_damaged_note_is_none(store: Store, damaged: bytes) -> None:
    store.put_note(pool_note("default"), damaged)
    changes = ManualChanges(store, "default")
    assert (changes.paused, changes.stays, changes.priority("a", 2)) == (False, False, 2)


def test_without_a_store_it_is_remembered_here() -> None:
    changes = ManualChanges(None, "own")
    changes.hold("", True)
    assert changes.paused
    changes.clear()
    assert not changes.paused
