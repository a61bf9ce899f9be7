"""The names of things in a store, which other versions and other machines find them by."""

from __future__ import annotations

import pytest

from flows.errors import StoreError
from flows.store import layout

DIGEST = "ab" + "c" * 62


def test_a_file_of_the_store_is_called_what_the_person_called_it() -> None:
    message = f"/data/store/blobs/ab/{DIGEST}: blocks.0 is [4, 8], the model wants [8, 8]"
    assert layout.with_named_blobs(message, {DIGEST: "/films/grain.safetensors"}) == (
        "/films/grain.safetensors: blocks.0 is [4, 8], the model wants [8, 8]"
    )


def test_a_blob_that_no_asset_is_keeps_its_path() -> None:
    message = f"'/data/store/blobs/ab/{DIGEST}' is gone"
    assert layout.with_named_blobs(message, {}) == message


def test_what_lies_in_a_store_has_always_been_called_so() -> None:
    assert layout.blob_key(DIGEST) == f"blobs/ab/{DIGEST}"
    assert layout.record_key(DIGEST) == f"clips/ab/{DIGEST}.json"
    assert layout.ledger_note("20260131T235959Z", DIGEST) == "ledger/20260131T235959Z-abcccccccccccccc.parquet"
    assert layout.plan_note("the-boat", DIGEST) == "plans/the-boat-abcccccccccc.json"
    assert layout.prompt_note(DIGEST) == f"prompts/{DIGEST}.json"
    assert layout.motion_note(DIGEST) == f"motions/{DIGEST}.json"
    assert layout.picks_note(DIGEST, 7) == f"picks/{DIGEST}/00000007.json"
    assert layout.picks_number(layout.picks_note(DIGEST, 7)) == 7
    assert layout.picks_number(f"picks/{DIGEST}/7.json") is None
    kept = layout.checkpoint_note(DIGEST, "0" * 12, 7, "20260131T235959Z", DIGEST)
    assert kept == f"checkpoints/{DIGEST}-000000000000-0007-20260131T235959Z-abcccccccccccccc"
    assert layout.is_checkpoint_of(kept, DIGEST)
    assert not layout.is_checkpoint_of(kept, "f" * 64)


@pytest.mark.parametrize(
    "name",
    [
        layout.IDENTITY,
        layout.TIMINGS,
        layout.OVERHEADS,
        layout.ledger_note("20260131T235959Z", DIGEST),
        layout.plan_note("a-film", DIGEST),
        layout.prompt_note(DIGEST),
        layout.motion_note(DIGEST),
        layout.checkpoint_note(DIGEST, "0" * 12, 7, "20260131T235959Z", DIGEST),
    ],
)
def test_every_note_of_ours_can_be_put(name: str) -> None:
    assert layout.note_key(name) == name


@pytest.mark.parametrize("name", ["../x", "/x", "plans/../../x", "blobs/x", "clips/x", "tmp/x", "", "plans//x", ".x"])
def test_a_note_cannot_leave_its_place(name: str) -> None:
    with pytest.raises(StoreError, match="cannot be the name of a note"):
        layout.note_key(name)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65])
def test_what_is_no_digest_has_no_place(digest: str) -> None:
    for key in (layout.blob_key, layout.record_key):
        with pytest.raises(StoreError, match="not a sha256"):
            key(digest)


def test_files_of_the_ledger_are_told_from_others() -> None:
    assert layout.is_ledger_note(layout.ledger_note("20260131T235959Z", DIGEST))
    assert not layout.is_ledger_note("ledger/mine.parquet")
    assert not layout.is_ledger_note("ledger/20260131T235959Z-abcccccccccccccc.parquet~")
