"""Which store a store is."""

from __future__ import annotations

from flows.store import Store
from flows.store.identity import identified, identity
from tests.flows.store.conftest import Kind


def test_a_store_is_told_from_another_once_it_was_asked(kind: Kind, store: Store) -> None:
    assert identity(store) is None
    given = identified(store)
    assert len(given) == 32
    assert identified(store) == identity(kind.open()) == given


def test_of_two_who_ask_first_both_hear_the_same(kind: Kind, store: Store) -> None:
    other = kind.open()
    asked: list[bytes] = []
    add = store.add_note

    def beaten(name: str, data: bytes) -> bool:
        asked.append(identified(other))
        return add(name, data)

    store.add_note = beaten  # type: ignore[method-assign]
    assert identified(store) == asked[0] == identity(other)
