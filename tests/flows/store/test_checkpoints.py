"""How far clips have come, in stores of every kind."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from flows.store import ClipRecord, Store
from flows.store.backend import Backend
from flows.store.checkpoints import KEPT, find_checkpoint, put_checkpoint
from flows.store.layout import CHECKPOINTS
from flows.store.memory import MemoryBackend
from tests.flows.store.conftest import Kind

ONE, OTHER = "a" * 64, "b" * 64
NOW = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
HERE, ELSEWHERE = "cpu, torch 2.13", "NVIDIA H200, torch 2.13"


def test_the_one_that_has_come_furthest_is_found_and_is_the_only_one(store: Store) -> None:
    assert find_checkpoint(store, ONE, HERE, NOW) is None
    for step, data in ((4, b"four"), (12, b"twelve")):
        put_checkpoint(store, ONE, HERE, step, data, NOW)
    put_checkpoint(store, OTHER, HERE, 20, b"another clip", NOW)
    assert find_checkpoint(store, ONE, HERE, NOW) == b"twelve"
    assert len(store.notes(CHECKPOINTS)) == 2


def test_a_worker_that_was_thought_dead_does_not_set_its_successor_back(store: Store) -> None:
    put_checkpoint(store, ONE, HERE, 12, b"the successor's", NOW)
    put_checkpoint(store, ONE, HERE, 9, b"late", NOW + timedelta(minutes=1))
    assert find_checkpoint(store, ONE, HERE, NOW) == b"the successor's"


def test_one_of_another_determinism_class_is_left_alone(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    put_checkpoint(store, ONE, ELSEWHERE, 12, b"a GPU's", NOW)
    assert find_checkpoint(store, ONE, HERE, NOW) is None
    assert "after step 12 is left alone: another kind of machine wrote it" in caplog.text
    put_checkpoint(store, ONE, HERE, 3, b"ours", NOW)
    assert find_checkpoint(store, ONE, HERE, NOW) == b"ours"
    assert find_checkpoint(store, ONE, ELSEWHERE, NOW) == b"a GPU's"


@pytest.mark.parametrize("data", [b"", b"twelv", b"twelve and more"])
def test_a_damaged_one_is_dropped_with_a_word(
    kind: Kind, store: Store, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    put_checkpoint(store, ONE, HERE, 12, b"twelve", NOW)
    (name,) = store.notes(CHECKPOINTS)
    kind.overwrite(name, data)
    assert find_checkpoint(store, ONE, HERE, NOW) is None
    assert "after step 12 is damaged" in caplog.text
    assert store.notes(CHECKPOINTS) == ()


def test_the_one_before_a_damaged_one_serves_if_it_is_still_there(kind: Kind, store: Store) -> None:
    put_checkpoint(store, ONE, HERE, 12, b"twelve", NOW)
    (twelve,) = store.notes(CHECKPOINTS)
    put_checkpoint(store, ONE, HERE, 4, b"four", NOW)
    kind.overwrite(twelve, b"torn")
    assert find_checkpoint(store, ONE, HERE, NOW) == b"four"


def test_what_nobody_came_back_for_goes(store: Store) -> None:
    put_checkpoint(store, OTHER, HERE, 20, b"forgotten", NOW - KEPT - timedelta(seconds=1))
    put_checkpoint(store, ONE, HERE, 4, b"four", NOW - KEPT)
    assert find_checkpoint(store, ONE, HERE, NOW) == b"four"
    assert find_checkpoint(store, OTHER, HERE, NOW - KEPT) is None
    assert len(store.notes(CHECKPOINTS)) == 1


def test_publishing_a_clip_drops_its_own(store: Store, record: object) -> None:
    assert callable(record)
    for determinism in (HERE, ELSEWHERE):
        put_checkpoint(store, ONE, determinism, 12, b"twelve", NOW)
    put_checkpoint(store, OTHER, HERE, 3, b"three", NOW)
    first = store.publish(record(ONE))
    assert find_checkpoint(store, ONE, HERE, NOW) is None
    assert find_checkpoint(store, OTHER, HERE, NOW) == b"three"
    put_checkpoint(store, ONE, HERE, 13, b"of a second worker", NOW)
    assert store.publish(record(ONE)) == first
    assert len(store.notes(CHECKPOINTS)) == 1


def test_a_clip_is_published_also_where_nothing_may_be_removed(record: object) -> None:
    from flows.errors import EnvironmentProblem

    class Keeping(MemoryBackend):
        def remove(self, key: str) -> None:
            raise EnvironmentProblem(f"{key} may not be removed")

    backend: Backend = Keeping()
    store = Store(backend)
    put_checkpoint(store, ONE, HERE, 12, b"twelve", NOW)
    blobs = dict.fromkeys(("video", "latents", "last_frame", "thumbnail"), "")
    made = ClipRecord(fingerprint=ONE, num_frames=1, fps=1.0, width=1, height=1, seed=0, **blobs)
    assert store.publish(made) == made
    assert store.record(ONE) == made


@pytest.mark.parametrize("name", ["notes.txt", f"{ONE}-short", f"{ONE}-{'c' * 12}-0004-20261399T000000Z-{'d' * 16}"])
def test_what_others_leave_beside_them_stays(store: Store, name: str) -> None:
    store.put_note(f"{CHECKPOINTS}/{name}", b"not ours")
    put_checkpoint(store, ONE, HERE, 12, b"twelve", NOW)
    assert find_checkpoint(store, ONE, HERE, NOW) == b"twelve"
    assert store.note(f"{CHECKPOINTS}/{name}") == b"not ours"
