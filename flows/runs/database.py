"""Whether the embedded server can use its database, found before it is started: what is wrong with which file."""

from __future__ import annotations

import errno
import importlib.util
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from flows.errors import EnvironmentProblem

NAME = "prefect.db"
NEW_BYTES = 8 * 2**20
"""Room for a database that is created."""
ROOM_BYTES = 2 * 2**20
"""For the runs of a film and SQLite's journal."""
_ELSEWHERE = "set XDG_DATA_HOME to another folder"
_REVISION = re.compile(r"^revision\b.*?[\"']([0-9a-f]+)[\"']", re.MULTILINE)


def check_database(home: Path) -> None:
    """Raises EnvironmentProblem with the file, the reason and what to do. Waits for no lock, and changes nothing."""
    path = home / NAME
    there = path.exists()
    if shutil.disk_usage(home).free < (ROOM_BYTES if there else NEW_BYTES):
        raise EnvironmentProblem(f"no room for Prefect's database {path}\n    make room, or {_ELSEWHERE}")
    if not there or not path.stat().st_size:
        return
    try:
        revision = _revision(path)
    except (sqlite3.Error, OSError) as error:
        raise EnvironmentProblem(told(path, str(error))) from error
    if revision and revision not in (known := set(_known())) and known:
        raise EnvironmentProblem(
            f"Prefect's database {path} was written by a newer Prefect ({revision})\n"
            f"    install that one, move the file away (with it the record of past runs), or {_ELSEWHERE}"
        )


def told(path: Path, why: str) -> str:
    """What SQLite says of a file, with the way out."""
    if "full" in why:
        return f"no room for Prefect's database {path}\n    make room, or {_ELSEWHERE}"
    if "readonly" in why or "unable to open" in why or "Permission" in why:
        return f"Prefect's database {path} cannot be written: {why}\n    make it yours, or {_ELSEWHERE}"
    what = "is damaged" if "malformed" in why or "not a database" in why else "is damaged, or of another Prefect"
    return (
        f"Prefect's database {path} {what}: {why}\n    move it away (with it the record of past runs), or {_ELSEWHERE}"
    )


def _revision(path: Path) -> str | None:
    """Which migration it has come to; None before the first one. Raises sqlite3.Error."""
    with path.open("r+b"):  # may be written: said as it is, while SQLite would open it to be read alone
        pass
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0)) as database:
        try:
            row = database.execute("select version_num from alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or "no such table" in str(error):
                return None
            raise
    return str(row[0]) if row else None


def _known() -> Iterator[str]:
    """The migrations of the Prefect that is installed, read from their files: importing it takes seconds."""
    prefect = importlib.util.find_spec("prefect")
    for root in (prefect.submodule_search_locations or ()) if prefect else ():
        for file in Path(root, "server/database/_migrations/versions/sqlite").glob("*.py"):
            if match := _REVISION.search(file.read_text(encoding="utf-8")):
                yield match[1]


def check_writable(home: Path) -> None:
    """Raises EnvironmentProblem when nothing can be kept there. Tried in the nearest folder that exists."""
    at = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=at):
            pass
    except OSError as error:
        raise why_not(error, home) from error


def why_not(error: OSError, home: Path) -> EnvironmentProblem:
    """Of a folder in which nothing can be kept."""
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
        why = "that disk has no locks"
    else:
        why = error.strerror or str(error)
    return EnvironmentProblem(f"Prefect's database cannot be kept in {home}: {why}\n    make it yours, or {_ELSEWHERE}")
