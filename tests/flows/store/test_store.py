"""What every store promises, whichever it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import BlobCorrupt, BlobMissing, MediaError, StoreError
from flows.store import ClipRecord, Stock, Store
from flows.store.layout import record_key
from tests.flows.store.conftest import Kind

MakeRecord = Callable[..., ClipRecord]
Damage = Callable[[str, bytes], None]


def test_bytes_come_back_by_their_digest(store: Store) -> None:
    digest = store.put_bytes(b"frames")
    assert digest == hashlib.sha256(b"frames").hexdigest()
    assert store.read(digest) == b"frames"
    assert store.local_path(digest).read_bytes() == b"frames"


def test_putting_twice_is_putting_once(store: Store) -> None:
    assert store.put_bytes(b"frames") == store.put_bytes(b"frames")


def test_an_empty_blob_is_a_blob(store: Store) -> None:
    assert store.read(store.put_bytes(b"")) == b""


def test_a_file_is_copied(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"pixels" * 500_000)
    digest = store.put_file(source)
    source.unlink()
    assert store.read(digest) == b"pixels" * 500_000


def test_a_file_that_changed_since_it_was_planned_is_refused(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"new pixels")
    planned = hashlib.sha256(b"old pixels").hexdigest()
    with pytest.raises(MediaError, match="was changed after the film was planned"):
        store.put_file(source, planned)
    with pytest.raises(BlobMissing):
        store.read(planned)


def test_a_file_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"cannot read .*gone\.png"):
        store.put_file(tmp_path / "gone.png")
    with pytest.raises(MediaError, match=r"cannot read .*gone\.png"):
        store.put_file(tmp_path / "gone.png", "0" * 64)


def test_a_missing_blob_is_missing(store: Store) -> None:
    with pytest.raises(BlobMissing):
        store.read("0" * 64)
    with pytest.raises(BlobMissing):
        store.local_path("0" * 64)


@pytest.mark.parametrize("data", [b"frame", b"Frames", b"", b"frames and more"])
def test_truncated_and_altered_blobs_are_found(store: Store, damage: Damage, data: bytes) -> None:
    digest = store.put_bytes(b"frames")
    damage(digest, data)
    with pytest.raises(BlobCorrupt):
        store.read(digest)
    with pytest.raises(BlobCorrupt):
        store.local_path(digest)


def test_putting_a_damaged_blob_again_heals_it(store: Store, damage: Damage, tmp_path: Path) -> None:
    digest = store.put_bytes(b"frames")
    damage(digest, b"fra")
    store.put_bytes(b"frames")
    assert store.read(digest) == b"frames"
    damage(digest, b"fRames")
    (tmp_path / "f").write_bytes(b"frames")
    store.put_file(tmp_path / "f", digest)
    assert store.read(digest) == b"frames"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65])
def test_what_is_no_digest_is_refused(store: Store, digest: str) -> None:
    with pytest.raises(StoreError, match="not a sha256"):
        store.read(digest)


def test_a_record_comes_back_whole(store: Store, record: MakeRecord) -> None:
    written = store.publish(record())
    assert store.record("a" * 64) == written == record()
    assert store.record("b" * 64) is None


def test_the_first_record_stands(store: Store, record: MakeRecord) -> None:
    first = store.publish(record(worker="one"))
    assert store.publish(record(worker="two")) == first
    found = store.record("a" * 64)
    assert found is not None
    assert found.worker == "one"


@pytest.mark.parametrize("asked", [1, 100])
def test_of_the_takes_asked_for_the_finished_ones_are_named(store: Store, record: MakeRecord, asked: int) -> None:
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(asked + 10)]
    assert store.finished(names) == store.finished([]) == frozenset()
    made = record()
    for name in names[:asked]:
        store.publish(replace(made, fingerprint=name))
    assert store.finished(names) == frozenset(names[:asked])
    assert store.finished(names[asked:]) == frozenset()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"fingerprint": "a"}', b"\xff\xfe"])
def test_a_damaged_record_is_no_record(kind: Kind, store: Store, record: MakeRecord, data: bytes) -> None:
    made = store.publish(record(worker="one"))
    kind.overwrite(record_key(made.fingerprint), data)
    assert store.record(made.fingerprint) is None
    assert store.publish(record(worker="two")).worker == "two"
    found = store.record(made.fingerprint)
    assert found is not None
    assert found.worker == "two"


def test_a_record_is_intact_while_all_its_blobs_are(store: Store, damage: Damage, record: MakeRecord) -> None:
    made = store.publish(record())
    assert store.intact(made)
    damage(made.video, b"half")
    assert not store.intact(made)


def test_a_discarded_take_can_be_rendered_again(store: Store, damage: Damage, record: MakeRecord) -> None:
    made = store.publish(record(worker="one"))
    damage(made.video, b"half")
    store.discard(made.fingerprint)
    assert store.record(made.fingerprint) is None
    with pytest.raises(BlobMissing):
        store.read(made.video)
    again = store.publish(record(worker="two"))
    assert again.worker == "two"
    assert store.intact(again)


def test_discarding_keeps_blobs_that_are_whole(store: Store, record: MakeRecord) -> None:
    made = store.publish(record())
    store.discard(made.fingerprint)
    store.discard(made.fingerprint)
    assert store.read(made.latents)


def test_another_process_opens_the_same_store(kind: Kind, store: Store, record: MakeRecord) -> None:
    made = store.publish(record())
    other = kind.open()
    assert other.address == store.address
    assert other.record(made.fingerprint) == made
    assert other.intact(made)


def test_notes_are_replaced_listed_and_dropped(store: Store) -> None:
    assert store.note("plans/a.json") is None
    assert store.notes("plans") == ()
    store.put_note("plans/a.json", b"1")
    store.put_note("plans/a.json", b"2")
    store.put_note("plans/b.json", b"3")
    assert store.note("plans/a.json") == b"2"
    assert store.notes("plans") == ("plans/a.json", "plans/b.json")
    store.drop_note("plans/a.json")
    store.drop_note("plans/a.json")
    assert store.notes("plans") == ("plans/b.json",)


def test_of_two_who_add_a_note_the_first_wins(kind: Kind, store: Store) -> None:
    assert store.add_note("prompts/a.json", b"1")
    assert not kind.open().add_note("prompts/a.json", b"2")
    assert store.note("prompts/a.json") == b"1"


def test_of_many_blobs_the_whole_ones_are_named(store: Store, damage: Damage) -> None:
    digests = [store.put_bytes(b"%d" % number) for number in range(40)]
    damage(digests[0], b"other")
    absent = [f"{number:064x}" for number in range(40)]
    assert store.whole([*digests, *absent]) == frozenset(digests[1:])
    assert store.whole([*digests, *absent]) == frozenset(digests[1:])
    assert store.whole([]) == frozenset()


def test_a_store_is_looked_at_before_it_is_used(store: Store) -> None:
    store.check()
    store.check(writing=True)
    assert store.stock() == Stock(0, 0, 0)


def test_what_is_there_is_counted(store: Store, record: MakeRecord) -> None:
    made = store.publish(record())
    stock = store.stock()
    assert (stock.records, stock.blobs) == (1, len(set(made.blobs)))
    assert stock.nbytes == sum(len(store.read(digest)) for digest in set(made.blobs))


def test_files_that_were_given_out_may_be_given_back(store: Store) -> None:
    digest = store.put_bytes(b"frames")
    path = store.local_path(digest)
    store.release()
    assert store.local_path(digest).read_bytes() == b"frames" == path.read_bytes()


@pytest.mark.parametrize("name", ["../x", "/x", "plans/../../x", "blobs/x", "clips/x", "", "plans//x", ".x", "a b"])
def test_notes_cannot_leave_their_place(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be the name of a note"):
        store.put_note(name, b"")
