"""What every part needs of files and processes: writing whole or not at all, folders of a user, who still lives."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wan.errors import NoHome


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` to write: it becomes `path` when the block ends well, and is gone otherwise."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """The whole file or none of it; on the disk, its name too, when this returns."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    settle_folder(path.parent)


def settle_folder(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/wanflow`; it need not exist."""
    return _home("XDG_CACHE_HOME", ".cache")


def data_folder() -> Path:
    """`$XDG_DATA_HOME/wanflow`; it need not exist."""
    return _home("XDG_DATA_HOME", ".local/share")


def state_folder() -> Path:
    """`$XDG_STATE_HOME/wanflow`; it need not exist."""
    return _home("XDG_STATE_HOME", ".local/state")


def _home(variable: str, usual: str) -> Path:
    home = os.environ.get(variable, "")  # a relative one does not count, as the standard says
    if os.path.isabs(home):
        return Path(home) / "wanflow"
    try:
        return Path.home() / usual / "wanflow"
    except RuntimeError as error:
        raise NoHome("there is no home folder for what wanflow keeps\n    set HOME to a folder of yours") from error


def is_alive(pid: int) -> bool:
    """Whether there is such a process on this machine, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
