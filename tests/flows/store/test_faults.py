"""Whatever the operating system says of a store's folder becomes one of our errors."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem, FlowsError, StoreError
from flows.store.faults import ANOTHER, MENDABLE, ours, translated
from flows.store.folder import FolderBackend

KEY = "plans/a.json"
DIGEST = "0" * 64
BLOB = f"blobs/00/{DIGEST}"

METHODS: dict[str, Callable[[FolderBackend], object]] = {
    "get": lambda backend: backend.get(KEY),
    "put": lambda backend: backend.put(KEY, b"1"),
    "add": lambda backend: backend.add(KEY, b"1"),
    "remove": lambda backend: backend.remove(KEY),
    "within": lambda backend: list(backend.within("plans")),
    "present": lambda backend: backend.present([KEY]),
    "present, of many": lambda backend: backend.present([f"plans/{number}" for number in range(100)]),
    "put_blob": lambda backend: backend.put_blob(BLOB, DIGEST, lambda file: None),
    "has_blob": lambda backend: backend.has_blob(BLOB, DIGEST),
    "read_blob": lambda backend: backend.read_blob(BLOB, DIGEST),
    "blob_file": lambda backend: backend.blob_file(BLOB, DIGEST),
}


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_error_of_the_system_is_one_of_ours(code: int) -> None:
    found = ours(OSError(code, os.strerror(code), "/nas/store/x"), Path("/nas/store"), "read")
    assert isinstance(found, EnvironmentProblem if code in MENDABLE else StoreError)
    assert "/nas/store" in str(found)
    assert (ANOTHER in str(found)) is (code in MENDABLE)


def test_one_without_a_number_is_too() -> None:
    assert isinstance(ours(OSError("strange"), Path("/nas/store"), "read"), StoreError)


def test_what_a_person_can_mend_is_the_persons_to_mend() -> None:
    expected = "ENOSPC EDQUOT EFBIG EACCES EPERM EROFS ENAMETOOLONG ELOOP ENOTDIR EEXIST EISDIR"
    assert {errno.errorcode[code] for code in MENDABLE} == set(expected.split())


@pytest.mark.parametrize("method", METHODS)
def test_no_error_of_the_system_leaves_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Every call that the back end makes of the system fails, as on a disk that went away."""

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    for name in ("read_bytes", "exists", "open", "unlink", "stat", "mkdir"):
        monkeypatch.setattr(Path, name, fail)
    for name in ("listdir", "scandir", "replace", "link"):
        monkeypatch.setattr(os, name, fail)
    with pytest.raises(FlowsError, match=r"cannot (read|write to) the store in /nas/store: .*Input/output error"):
        METHODS[method](FolderBackend(Path("/nas/store")))


def test_our_own_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), translated(tmp_path, "read"):
        raise ZeroDivisionError
