"""What the operations of a store take."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from flows.errors import BlobMissing
from flows.store import open_store
from flows.store.backend import Backend
from flows.store.timed import OPERATIONS


def test_a_store_that_is_timed_is_the_same_store(tmp_path: Path) -> None:
    told: list[str] = []
    store = open_store(str(tmp_path), lambda operation, seconds: told.append(operation))
    digest = store.put_bytes(b"frames")
    assert open_store(str(tmp_path)).read(digest) == store.read(digest) == b"frames"
    assert (store.address, store.folder) == (str(tmp_path), tmp_path)
    assert told == ["put_blob", "read_blob"]


def test_what_fails_took_its_time_too(tmp_path: Path) -> None:
    told: list[str] = []
    store = open_store(str(tmp_path), lambda operation, seconds: told.append(operation))
    with pytest.raises(BlobMissing):
        store.read("0" * 64)
    assert told == ["read_blob"]


def test_every_operation_is_one_of_the_back_ends() -> None:
    known = {name for name, _ in inspect.getmembers(Backend, inspect.isfunction)}
    assert known >= OPERATIONS
