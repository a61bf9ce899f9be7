from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from wan.errors import HubError
from wan.hub.download import Download, WrongDigest
from wan.hub.hubs import RemoteFile
from wan.hub.journal import Entry, part_file

CONTENT = b"0123456789"


def remote(digest: str | None = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}") -> RemoteFile:
    return RemoteFile("folder/w", len(CONTENT), digest)


def begun(folder: Path, file: RemoteFile) -> Download:
    """In parts of four bytes."""
    entry = Entry(file.digest or "", file.size, 4)
    entry.restart(4)
    return Download(file, folder, entry)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Download]:
    made = begun(tmp_path, remote())
    yield made
    made.close()


def test_parts_may_arrive_in_any_order(file: Download) -> None:
    for part in (2, 0, 1):
        start, end = file.entry.span(part)
        assert file.missing(0, part) == (start, end)
        assert file.write(0, part, start, CONTENT[start:end]) == end - start
        assert file.missing(0, part) is None
        file.update_digest()
    assert file.whole
    assert file.finish(0)
    assert file.path.read_bytes() == CONTENT
    assert file.entry.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert not part_file(file.path).exists()


def test_bytes_of_no_use_are_left_out(file: Download) -> None:
    assert file.write(0, 0, 2, b"23") == 0  # not next
    assert file.write(1, 0, 0, b"01") == 0  # of another round
    assert file.write(0, 0, 0, b"0123456") == 4  # reaches into the next part
    assert file.missing(0, 1) == (4, 8)


def test_other_bytes_than_the_hub_lists_get_no_name(file: Download) -> None:
    for part in range(3):
        start, end = file.entry.span(part)
        file.write(0, part, start, bytes(end - start))
    with pytest.raises(WrongDigest, match="the hub lists sha256"):
        file.finish(0)
    assert not file.path.exists()
    assert file.restart(0, part_bytes=4, why="wrong") == 10
    assert file.round == 1
    assert file.missing(1, 0) == (0, 4)


def test_only_the_first_of_several_threads_begins_a_file_again(file: Download) -> None:
    file.write(0, 0, 0, b"0123")
    assert file.restart(0, part_bytes=4, why="changed") == 4
    assert file.restart(0, part_bytes=4, why="changed") == 0
    assert file.round == 1


def test_a_file_that_is_another_one_each_time_is_given_up(file: Download) -> None:
    file.restart(0, part_bytes=4, why="it changed on the hub")
    file.restart(1, part_bytes=4, why="it changed on the hub")
    with pytest.raises(HubError, match="folder/w: it changed on the hub, 3 times"):
        file.restart(2, part_bytes=4, why="it changed on the hub")


@pytest.mark.parametrize("digest", [None, "git:" + hashlib.sha1(b"blob 10\0" + CONTENT).hexdigest()])
def test_small_files_are_known_by_gits_id_or_by_nothing(digest: str | None, tmp_path: Path) -> None:
    file = begun(tmp_path, remote(digest))
    for part in range(3):
        start, end = file.entry.span(part)
        file.write(0, part, start, CONTENT[start:end])
    assert file.finish(0)
    assert not file.finish(0)


def test_what_arrived_is_kept_for_another_time(tmp_path: Path) -> None:
    first = begun(tmp_path, remote())
    first.write(0, 0, 0, b"0123")
    first.close()
    second = Download(remote(), tmp_path, first.entry)
    assert second.missing(0, 0) is None
    for part in (1, 2):
        start, end = second.entry.span(part)
        second.write(0, part, start, CONTENT[start:end])
    assert second.finish(0)
