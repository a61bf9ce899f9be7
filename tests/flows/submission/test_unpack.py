"""What another machine does with what was sent, and with what was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.errors import BlobMissing, StoreError, UserError
from flows.store import open_store
from flows.store.layout import submission_note
from flows.submission import check_storyboard_here, load_sent, pack
from tests.flows.submission.boards import board_in


def test_what_the_store_has_not_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not in the store .*\n.*both machines"):
        load_sent(open_store(str(tmp_path / "store")), "0" * 64, [], tmp_path / "there")


def test_what_is_damaged_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = board_in(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    store = open_store(str(tmp_path / "store"))
    packed = pack(check_storyboard_here(path, [f"assets.roots=[{tmp_path}]"]), store)
    store.put_note(submission_note(packed.digest), json.dumps({"version": 1}).encode())
    with pytest.raises(StoreError, match="send it again"):
        load_sent(store, packed.digest, [], tmp_path / "there")
    store.put_note(submission_note(packed.digest), packed.manifest.to_json())
    picture = packed.manifest.files["pictures/boat.png"]
    (tmp_path / "store" / "blobs" / picture[:2] / picture).unlink()
    with pytest.raises(BlobMissing):
        load_sent(store, packed.digest, [], tmp_path / "there")
