"""Which blobs were prepared from a driving video."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.store import Store
from flows.store.layout import motion_note
from flows.store.prepared import is_prepared, prepared, put_prepared

KEY = "1" * 64


def test_what_was_prepared_is_found_by_its_key(store: Store) -> None:
    assert prepared(store, KEY) is None
    videos = {name: store.put_bytes(name.encode()) for name in ("pose", "face", "mask", "background")}
    put_prepared(store, KEY, videos)
    assert prepared(store, KEY) == videos
    assert is_prepared(store, KEY)


def test_what_is_damaged_or_gone_is_prepared_again(store: Store, damage: Callable[[str, bytes], None]) -> None:
    pose, face = store.put_bytes(b"pose"), store.put_bytes(b"face")
    put_prepared(store, KEY, {"pose": pose, "face": face})
    damage(face, b"half")
    assert not is_prepared(store, KEY)
    put_prepared(store, KEY, {"pose": pose, "face": "2" * 64})
    assert not is_prepared(store, KEY)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"pose": "a"}'])
def test_a_damaged_note_is_as_good_as_none(store: Store, data: bytes) -> None:
    store.put_note(motion_note(KEY), data)
    assert prepared(store, KEY) is None
    assert not is_prepared(store, KEY)
