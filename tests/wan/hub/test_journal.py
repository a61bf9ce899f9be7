from __future__ import annotations

import json
from pathlib import Path

from wan.hub.hubs import Listing, RemoteFile
from wan.hub.journal import JOURNAL, Entry, Journal, part_file

FILE = RemoteFile("w.safetensors", 10, "sha256:one")


def listing(commit: str = "c") -> Listing:
    return Listing("huggingface", "a/b", "main", commit, (FILE,))


def begun(folder: Path, arrived: int = 3) -> Journal:
    """A journal of one file in parts of four bytes, of whose first part some arrived."""
    journal = Journal(folder)
    journal.reconcile(listing(), [FILE], part_bytes=4)
    journal.entries[FILE.path].parts[0] = arrived
    part_file(folder / FILE.path).write_bytes(bytes(10))
    journal.save(at_once=True)
    return journal


def test_a_file_is_cut_into_parts_the_last_of_which_is_shorter() -> None:
    entry = Entry("i", 10, 4)
    entry.restart(4)
    assert [entry.span(part) for part in range(len(entry.parts))] == [(0, 4), (4, 8), (8, 10)]
    entry.parts = [4, 2, 2]
    assert [entry.complete(part) for part in range(3)] == [True, False, True]
    assert entry.arrived == 8
    entry.restart(100)
    assert (entry.parts, entry.arrived) == ([0], 0)


def test_an_empty_file_is_one_part_that_is_complete() -> None:
    entry = Entry("i", 0, 4)
    entry.restart(4)
    assert entry.parts == [0]
    assert entry.complete(0)


def test_the_next_process_goes_on_from_what_arrived(tmp_path: Path) -> None:
    begun(tmp_path)
    again = Journal(tmp_path)
    again.reconcile(listing(), [FILE], part_bytes=99)
    assert again.entries[FILE.path].parts == [3, 0, 0]
    assert again.origin is not None
    assert again.origin.commit == "c"


def test_another_file_under_the_same_name_is_begun_anew(tmp_path: Path) -> None:
    begun(tmp_path)
    again = Journal(tmp_path)
    again.reconcile(listing(), [RemoteFile(FILE.path, 10, "sha256:two")], part_bytes=4)
    assert again.entries[FILE.path].arrived == 0
    assert not part_file(tmp_path / FILE.path).exists()


def test_without_a_digest_a_file_is_known_by_its_commit(tmp_path: Path) -> None:
    journal, unknown = Journal(tmp_path), RemoteFile("w", 4, None)
    journal.reconcile(listing("first"), [unknown], part_bytes=4)
    assert journal.entries["w"].identity == "huggingface:first"


def test_bytes_that_are_gone_are_not_promised(tmp_path: Path) -> None:
    begun(tmp_path)
    part_file(tmp_path / FILE.path).unlink()
    again = Journal(tmp_path)
    again.reconcile(listing(), [FILE], part_bytes=4)
    assert again.entries[FILE.path].arrived == 0


def test_a_whole_file_that_was_changed_since_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / FILE.path).write_bytes(bytes(10))
    journal = Journal(tmp_path)
    journal.add_whole(FILE.path, "sha256:one", 10, "one")
    journal.save(at_once=True)
    kept = Journal(tmp_path)
    kept.reconcile(listing(), [FILE], part_bytes=4)
    assert kept.entries[FILE.path].arrived == 10
    (tmp_path / FILE.path).write_bytes(bytes(9))
    changed = Journal(tmp_path)
    changed.reconcile(listing(), [FILE], part_bytes=4)
    assert changed.entries[FILE.path].arrived == 0


def test_what_another_revision_left_behind_is_cleared_away(tmp_path: Path) -> None:
    begun(tmp_path)
    (tmp_path / "old" / "deeper").mkdir(parents=True)
    (tmp_path / "old" / "deeper" / "w").write_bytes(b"x")
    Journal(tmp_path).reconcile(listing(), [FILE], part_bytes=4)
    assert {path.name for path in tmp_path.iterdir()} == {JOURNAL, part_file(tmp_path / FILE.path).name}


def test_a_journal_of_no_use_is_none(tmp_path: Path) -> None:
    for text in ("", "[]", json.dumps({"files": {"w": {"size": 3}}})):
        (tmp_path / JOURNAL).write_text(text)
        assert Journal(tmp_path).entries == {}


def test_it_is_not_written_at_every_byte(tmp_path: Path) -> None:
    journal = begun(tmp_path, arrived=3)
    journal.entries[FILE.path].parts[0] = 4
    journal.save()
    assert Journal(tmp_path).entries[FILE.path].parts[0] == 3
