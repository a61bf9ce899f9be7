"""What this process has read and found whole."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from flows.store.verified import Verified
from wan.system.digests import stamp_of

DIGEST = hashlib.sha256(b"frames").hexdigest()


@pytest.fixture
def blob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Written so long ago that it is settled."""
    monkeypatch.setattr("wan.system.digests.FRESH_NS", -(10**12))
    path = tmp_path / DIGEST
    path.write_bytes(b"frames")
    return path


def test_what_was_found_whole_is_known(blob: Path) -> None:
    verified = Verified()
    assert not verified.knows(blob)
    assert verified.holds(blob, DIGEST)
    assert verified.knows(blob)
    assert not Verified().knows(blob)


@pytest.mark.parametrize("change", ["touch", "append", "replace"])
def test_what_was_changed_since_is_not(blob: Path, change: str) -> None:
    verified = Verified()
    verified.holds(blob, DIGEST)
    if change == "touch":
        os.utime(blob, ns=(10**18, 10**18))
    elif change == "append":
        blob.write_bytes(b"frames and more")
    else:
        blob.unlink()
        blob.write_bytes(b"Frames")
        os.utime(blob, ns=(10**18, 10**18))
    assert not verified.knows(blob)
    assert verified.holds(blob, DIGEST) is (change == "touch")


def test_what_was_changed_while_it_was_read_is_not_known(blob: Path) -> None:
    verified = Verified()
    before = stamp_of(blob)
    os.utime(blob, ns=(10**18, 10**18))
    verified.note(blob, before)
    assert not verified.knows(blob)


def test_what_has_other_bytes_or_is_gone_never_is(blob: Path) -> None:
    verified = Verified()
    assert not verified.holds(blob, "0" * 64)
    assert not verified.knows(blob)
    blob.unlink()
    with pytest.raises(FileNotFoundError):
        verified.holds(blob, DIGEST)
