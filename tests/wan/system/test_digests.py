from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from wan.system import digests


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    seen: list[Path] = []
    real = digests.file_digest

    def hash_file(path: Path) -> str:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(digests, "file_digest", hash_file)
    monkeypatch.setattr(digests, "FRESH_NS", 0)
    return seen


def test_a_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    wanted = [hashlib.sha256(b"abc").hexdigest()]
    assert digests.file_digests([file]) == wanted
    assert digests.file_digests([file]) == wanted
    assert len(reads) == 1


def test_a_file_that_changed_just_now_is_not_remembered_yet(
    tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    monkeypatch.setattr(digests, "FRESH_NS", 60_000_000_000)
    digests.file_digests([file])
    digests.file_digests([file])
    assert len(reads) == 2


def test_a_changed_file_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    first = digests.file_digests([file])
    file.write_bytes(b"abd")
    os.utime(file, ns=(1, 1))
    assert digests.file_digests([file]) != first
    assert len(reads) == 2


def test_weights_replaced_by_others_of_equal_size_and_time_are_read_again(tmp_path: Path, reads: list[Path]) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    os.utime(file, ns=(1, 1))
    first, before = digests.file_digests([file]), file.stat().st_ctime_ns
    file.write_bytes(b"abd")
    while file.stat().st_ctime_ns == before or file.stat().st_mtime_ns != 1:
        os.utime(file, ns=(1, 1))  # as `cp -p` and archives do; the clock of changes ticks every few milliseconds
    assert digests.file_digests([file]) != first
    assert len(reads) == 2


def test_a_damaged_cache_only_costs_time(tmp_path: Path, reads: list[Path]) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    first = digests.file_digests([file])
    digests.cache_file().write_text('{"x": 3, broken')
    assert digests.file_digests([file]) == first
    assert len(reads) == 2


def test_a_home_that_cannot_be_written_only_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[Path]
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    assert len(digests.file_digests([file])[0]) == 64


def test_a_digest_computed_elsewhere_is_not_read_again(tmp_path: Path, reads: list[Path]) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"abc")
    digests.remember_digests({file: "known"})
    assert digests.file_digests([file]) == ["known"]
    assert digests.remembered_digest(file) == "known"
    assert not reads
