"""Whether Prefect's database can be used, before a server is started."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.errors import EnvironmentProblem
from flows.runs.database import _known, check_database, why_not


def database(home: Path, revision: str) -> Path:
    path = home / "prefect.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("create table alembic_version (version_num text)")
        made.execute("insert into alembic_version values (?)", (revision,))
    return path


def test_none_yet_and_one_of_this_prefect_are_good(tmp_path: Path) -> None:
    check_database(tmp_path)
    (tmp_path / "prefect.db").touch()
    check_database(tmp_path)
    database(tmp_path, next(_known()))
    check_database(tmp_path)


def test_one_that_is_at_work_is_not_waited_for(tmp_path: Path) -> None:
    path = database(tmp_path, next(_known()))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        check_database(tmp_path)


def test_one_that_a_newer_prefect_wrote_is_said(tmp_path: Path) -> None:
    path = database(tmp_path, "fffffffffff0")
    with pytest.raises(EnvironmentProblem, match=rf"{path} was written by a newer Prefect.*\n.*move the file away"):
        check_database(tmp_path)


def test_one_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").write_bytes(os.urandom(20_000))
    with pytest.raises(EnvironmentProblem, match=r"prefect\.db is damaged: file is not a database\n.*move it away"):
        check_database(tmp_path)


def test_too_little_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1_000_000))
    with pytest.raises(EnvironmentProblem, match=r"no room for Prefect's database .*prefect\.db\n.*XDG_DATA_HOME"):
        check_database(tmp_path)


def test_a_disk_without_locks_is_said(tmp_path: Path) -> None:
    assert "no locks" in str(why_not(OSError(errno.ENOLCK, "No locks available"), tmp_path))
