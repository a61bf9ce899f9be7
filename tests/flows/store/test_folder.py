"""The store in a folder: many processes, full disks, missing rights, damaged files."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import BlobCorrupt, BlobMissing, EnvironmentProblem, SettingsError
from flows.store import ClipRecord, Store, open_store
from flows.store.folder import FolderBackend
from flows.store.layout import record_key
from tests.flows.store.conftest import InFolder
from wan.system.digests import file_digest

MakeRecord = Callable[..., ClipRecord]
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def kind(tmp_path: Path) -> InFolder:
    """These tests are of folders alone."""
    return InFolder(tmp_path)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def write_and_publish(address: str, record: ClipRecord, start: float) -> str:
    store = open_store(address)
    time.sleep(max(0.0, start - time.time()))
    for number in range(20):
        store.put_bytes(b"%d" % number * 10_000)
    return store.publish(replace(record, worker=str(os.getpid()))).worker


def test_many_processes_write_the_same_blobs_and_one_record_wins(store: Store, record: MakeRecord) -> None:
    context = multiprocessing.get_context("spawn")
    made, start = record(), time.time() + 1.0
    with context.Pool(4) as pool:
        winners = pool.starmap(write_and_publish, [(store.address, made, start)] * 8)
    found = store.record(made.fingerprint)
    assert found is not None
    assert set(winners) == {found.worker}
    assert store.intact(found)
    assert files_in(Path(store.address) / "tmp") == []


def test_nothing_is_made_until_something_is_written(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    assert store.finished(["a" * 64]) == frozenset()
    assert store.note("plans/a.json") is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(FolderBackend(tmp_path / "store"))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("wan.system.files.os.fsync", full)
    with pytest.raises(EnvironmentProblem, match="no space left for the store"):
        store.put_bytes(b"frames")
    with pytest.raises(EnvironmentProblem, match=r"store\.address=FOLDER"):
        store.put_note("plans/a.json", b"{}")
    assert files_in(tmp_path) == []


SMALL_DISK = """
import resource, sys
from pathlib import Path
from flows.store import Store
from flows.store.folder import FolderBackend
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
Store(FolderBackend(Path(sys.argv[1]))).put_bytes(b"x" * 1_000_000)
"""


def test_a_write_that_really_fails_half_way_is_taken_back(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SMALL_DISK, str(tmp_path / "store")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert "EnvironmentProblem: no space left" in done.stderr
    assert files_in(tmp_path) == []


COPY = """
import sys
from pathlib import Path
from flows.store import Store
from flows.store.folder import FolderBackend
Store(FolderBackend(Path(sys.argv[1]))).put_file(Path(sys.argv[2]), sys.argv[3])
"""


def test_a_process_killed_while_it_writes_leaves_no_blob(tmp_path: Path) -> None:
    data = b"frames" * 500_000
    digest = hashlib.sha256(data).hexdigest()
    slow = tmp_path / "slow"  # a file that never ends: the copy stands still with half of the data written
    os.mkfifo(slow)
    child = subprocess.Popen([sys.executable, "-c", COPY, tmp_path / "store", slow, digest], cwd=REPOSITORY)
    with slow.open("wb") as pipe:
        pipe.write(data[:2_000_000])
        pipe.flush()
        child.kill()
        child.wait()
    store = Store(FolderBackend(tmp_path / "store"))
    with pytest.raises(BlobMissing):
        store.read(digest)
    assert store.put_bytes(data) == digest
    assert store.read(digest) == data


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(EnvironmentProblem, match="is not a folder"):
        Store(FolderBackend(tmp_path / "store")).put_bytes(b"frames")


def test_missing_rights_are_said_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(target))

    monkeypatch.setattr("wan.system.files.os.replace", refuse)
    with pytest.raises(EnvironmentProblem, match=r"cannot write to .*Permission denied.*store\.address=FOLDER"):
        Store(FolderBackend(tmp_path / "store")).put_bytes(b"frames")
    assert files_in(tmp_path) == []


def test_looking_up_a_few_takes_without_rights_says_the_fix(
    store: Store, record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(EnvironmentProblem, match=r"cannot read the store.*store\.address=FOLDER"):
        store.finished([record().fingerprint])


def test_without_hard_links_the_first_record_still_stands(
    store: Store, record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(source: object, target: Path) -> None:
        code = errno.EEXIST if target.exists() else errno.EOPNOTSUPP
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("wan.system.files.os.link", unsupported)
    assert store.publish(record(worker="one")).worker == "one"
    assert store.publish(record(worker="two")).worker == "one"


def test_what_a_dead_process_left_is_swept_after_a_day(tmp_path: Path) -> None:
    left = tmp_path / "store" / "tmp" / ".clip.1-01234567"
    young = tmp_path / "store" / "tmp" / ".clip.2-01234567"
    others = tmp_path / "store" / "tmp" / ".nfs000000000123"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a clip")
    young.write_bytes(b"half a clip")
    others.write_bytes(b"open elsewhere")
    os.utime(left, (0, 0))
    os.utime(others, (0, 0))
    Store(FolderBackend(tmp_path / "store")).put_bytes(b"frames")
    assert not left.exists()
    assert young.exists()


def test_files_may_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        store = Store(FolderBackend(tmp_path / "store"))
        assert store.local_path(store.put_bytes(b"frames")).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(old)


def test_without_an_address_it_is_the_users_own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert open_store(None).address == str(tmp_path / "wanflow" / "store")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # the specification says to ignore such a value
    assert open_store(None).folder == Path.home() / ".local" / "share" / "wanflow" / "store"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert open_store(None).folder == Path.home() / ".local" / "share" / "wanflow" / "store"


def test_an_address_of_another_kind_is_refused() -> None:
    told = "no stores of the kind ftp://; name a folder: store.address="
    with pytest.raises(SettingsError, match=rf"store\.address=ftp://x: .*{told}"):
        open_store("ftp://x")


STRANGE = (".DS_Store", "Thumbs.db", ".nfs000000000123", "a (conflicted copy).json", "notes.json~", ".a.json.swp")


def test_files_of_others_are_passed_over_wherever_they_lie(store: Store, record: MakeRecord) -> None:
    made = record()
    store.publish(made)
    store.put_note("plans/a.json", b"{}")
    root = Path(store.address)
    for folder in (root, root / "clips", root / "clips" / made.fingerprint[:2], root / "blobs", root / "plans"):
        for name in STRANGE:
            (folder / name).write_text("junk")
        (folder / "a folder").mkdir()
    (root / "clips" / made.fingerprint[:2] / f"{made.fingerprint} (1).json").write_text("{}")
    assert store.finished([made.fingerprint] * 100) == {made.fingerprint}
    assert set(store.notes("plans")) == {"plans/a.json", "plans/Thumbs.db"}  # names that a note can have
    assert store.record(made.fingerprint) == made
    store.put_bytes(b"frames")


def refusing(number: int) -> Callable[..., None]:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EACCES, errno.EPROTO, errno.EINVAL])
def test_a_file_system_without_hard_links_is_good_enough(
    store: Store, record: MakeRecord, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "link", refusing(number))
    made = record()
    assert store.publish(made) == made
    assert store.publish(replace(made, worker="second")).worker == made.worker


def test_a_file_system_that_syncs_nothing_is_good_enough(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refusing(errno.EINVAL))
    store.put_note("plans/a.json", b"1")
    assert store.read(store.put_bytes(b"frames")) == b"frames"


def test_a_file_system_that_renames_over_nothing_is_good_enough(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.replace

    def replace_nothing(source: Path, target: Path) -> None:
        if target.exists():
            refusing(errno.EEXIST)()
        really(source, target)

    monkeypatch.setattr(os, "replace", replace_nothing)
    store.put_note("plans/a.json", b"1")
    store.put_note("plans/a.json", b"2")
    assert store.note("plans/a.json") == b"2"


def test_a_damaged_record_that_cannot_be_removed_is_said_and_not_waited_for(
    store: Store, record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of somebody else in a folder with the sticky bit."""
    made = record()
    store.publish(made)
    damaged = Path(store.address) / record_key(made.fingerprint)
    damaged.write_text("{")
    really = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == damaged:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        really(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    assert store.record(made.fingerprint) is None
    with pytest.raises(EnvironmentProblem, match=rf"cannot write to the store .*{damaged}.*change its permissions"):
        store.publish(made)


def test_a_name_that_no_disk_takes_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"there can be no store in .*store\.address=FOLDER"):
        Store(FolderBackend(tmp_path / ("a" * 300))).put_bytes(b"frames")


def fill(store: Store, count: int) -> list[str]:
    """So many records that nobody can read; their fingerprints."""
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]
    for name in names:
        place = Path(store.address) / record_key(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return names


@pytest.mark.parametrize(("stored", "asked", "lists"), [(200, 200, True), (200, 64, False), (20_000, 300, False)])
def test_records_are_listed_or_looked_up_as_is_quicker(
    store: Store, monkeypatch: pytest.MonkeyPatch, stored: int, asked: int, lists: bool
) -> None:
    names = fill(store, stored)
    listed: list[object] = []
    really = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: listed.append(folder) or really(folder))
    absent = [hashlib.sha256(f"absent {number}".encode()).hexdigest() for number in range(asked // 2)]
    wanted = names[: asked - len(absent)]
    assert store.finished([*wanted, *absent]) == frozenset(wanted)
    assert (len(listed) > 1) is lists


class Hashed:
    """Files that were read to be checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[Path] = []
        monkeypatch.setattr("flows.store.verified.file_digest", self._digest)

    def _digest(self, path: Path) -> str:
        self.files.append(path)
        return file_digest(path)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    monkeypatch.setattr("wan.system.digests.FRESH_NS", -(10**12))
    return Hashed(monkeypatch)


def test_a_blob_is_read_once_a_process(store: Store, hashed: Hashed) -> None:
    digest = store.put_bytes(b"frames")
    for each in (store, open_store(store.address)):
        assert each.holds([digest])
        assert each.local_path(digest).read_bytes() == each.read(digest) == b"frames"
        assert each.put_bytes(b"frames") == digest
    assert len(hashed.files) == 1


def test_a_blob_that_was_read_whole_is_not_read_again_to_be_checked(store: Store, hashed: Hashed) -> None:
    digest = store.put_bytes(b"frames")
    store.read(digest)
    store.local_path(digest)
    assert hashed.files == []


@pytest.mark.parametrize("data", [b"frame", b"Frames"])
def test_a_blob_that_was_altered_since_is_read_again(store: Store, hashed: Hashed, data: bytes) -> None:
    digest = store.put_bytes(b"frames")
    path = store.local_path(digest)
    path.write_bytes(data)
    os.utime(path, ns=(10**18, 10**18))
    with pytest.raises(BlobCorrupt):
        store.read(digest)
    with pytest.raises(BlobCorrupt):
        store.local_path(digest)
    assert not store.holds([digest])


def test_a_blob_that_has_just_been_written_is_not_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = Hashed(monkeypatch)
    digest = store.put_bytes(b"frames")
    store.local_path(digest)
    store.local_path(digest)
    assert len(hashed.files) == 2
