"""What a worker says is put into the person's words."""

from __future__ import annotations

from flows.film.making import with_names

GRAIN = "ab" + "c" * 62


def test_a_file_of_the_store_is_called_what_the_person_called_it() -> None:
    message = f"/data/store/blobs/ab/{GRAIN}: blocks.0 is [4, 8], the model wants [8, 8]"
    assert with_names(message, {GRAIN: "/films/grain.safetensors"}) == (
        "/films/grain.safetensors: blocks.0 is [4, 8], the model wants [8, 8]"
    )


def test_a_blob_that_no_asset_is_keeps_its_path() -> None:
    message = f"'/data/store/blobs/ab/{GRAIN}' is gone"
    assert with_names(message, {}) == message
