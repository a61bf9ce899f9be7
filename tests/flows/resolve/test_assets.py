"""Facts of files are remembered; where headers are enough, nothing more is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import write_clip
from flows.resolve import assets
from flows.resolve.assets import Facts, look_at


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of half a second, old enough to be remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(assets, "FRESH_NS", -(10**12))
    return write_clip(np.zeros((8, 36, 64, 3), np.uint8), 16, tmp_path / "a.mkv")


def fact(video: Path, *, headers: bool) -> Facts:
    found = look_at({video: "video"}, headers=headers)[video]
    assert isinstance(found, Facts)
    return found


def test_a_header_is_read_once(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fact(video, headers=True)
    assert (first.digest, first.size) == ("", (64, 36))
    monkeypatch.setattr(assets, "video_head", lambda path: pytest.fail("read again"))
    assert fact(video, headers=True) == first


def test_what_was_read_whole_needs_no_header(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fact(video, headers=False)
    assert whole.digest
    monkeypatch.setattr(assets, "video_head", lambda path: pytest.fail("read again"))
    assert fact(video, headers=True) == whole


def test_a_header_does_not_stand_for_the_whole_file(video: Path) -> None:
    assert fact(video, headers=True).digest == ""
    assert fact(video, headers=False).digest


def test_a_file_that_changed_is_read_again(video: Path) -> None:
    assert fact(video, headers=True).size == (64, 36)
    write_clip(np.zeros((8, 48, 48, 3), np.uint8), 16, video)
    os.utime(video, ns=(1, 1))
    assert fact(video, headers=True).size == (48, 48)


def test_a_broken_file_is_said(video: Path) -> None:
    video.write_bytes(b"\x1aE\xdf\xa3" + bytes(64))
    assert isinstance(look_at({video: "video"}, headers=True)[video], MediaError)
