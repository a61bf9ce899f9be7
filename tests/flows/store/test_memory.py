"""What is special about a store in memory; what all stores do is in test_store.py."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.errors import SettingsError
from flows.store import Store, open_store
from flows.store.memory import MemoryBackend


def test_two_stores_in_memory_are_two() -> None:
    one, other = Store(MemoryBackend()), Store(MemoryBackend())
    one.put_note("plans/a.json", b"1")
    assert other.note("plans/a.json") is None
    assert one.address != other.address


def test_another_process_is_told_that_it_cannot_open_it() -> None:
    with pytest.raises(SettingsError, match="no stores of the kind memory://"):
        open_store(Store(MemoryBackend()).address)


def test_it_takes_no_room_in_a_folder_and_leaves_no_files() -> None:
    store = Store(MemoryBackend())
    assert store.folder is None
    path: Path = store.local_path(store.put_bytes(b"frames"))
    assert path.read_bytes() == b"frames"
    del store
    gc.collect()
    assert not path.exists()


def test_of_many_who_add_one_wins() -> None:
    backend = MemoryBackend()
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda number: backend.add("a", b"%d" % (1000 + number)), range(64)))
    assert added.count(True) == 1
    assert backend.get("a") == b"%d" % (1000 + added.index(True))


def test_a_value_equal_to_the_one_that_stands_was_not_added() -> None:
    backend, data = MemoryBackend(), b"1"
    assert backend.add("a", data)
    assert not backend.add("a", data)
