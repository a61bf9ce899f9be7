"""What every part needs of files: writing whole or not at all, folders of a user."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wan.errors import NoHome

_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""What network and FUSE file systems say that cannot sync: what is written is as safe there as it gets."""
_WILL_NOT_REPLACE = frozenset({errno.EEXIST, errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EBUSY, errno.ETXTBSY})
_STRANGE = "backslashreplace"
"""What becomes of a name that is no UTF-8, as file names may be: JSON has the same escapes."""
_LONGEST_STEM = 200
"""Bytes of a name that leave room for what makes a temporary name of it: most file systems take 255."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` to write: it becomes `path` when the block ends well, and is gone otherwise."""
    stem = os.fsdecode(os.fsencode(path.name)[:_LONGEST_STEM])
    temporary = path.with_name(f".{stem}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield temporary
        move_over(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """The whole file or none of it; on the disk, its name too, when this returns."""
    with replacing(path) as temporary, temporary.open("w", -1, "utf-8", _STRANGE) as file:
        file.write(text)
        file.flush()
        settle(file.fileno())
    settle_folder(path.parent)


def move_over(source: Path, target: Path) -> None:
    """`target` is what `source` was, in one step; where a file system does not rename over a file, in two."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno not in _WILL_NOT_REPLACE or not target.is_file():
            raise
        target.unlink()
        os.replace(source, target)


def settle(handle: int) -> None:
    """What was written to an open file is on the disk when this returns, if the file system can say so."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise


def settle_folder(folder: Path) -> None:
    """The names in a folder are on the disk when this returns, if the file system can say so."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write to a folder, and not list it
        return
    try:
        settle(handle)
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
        raise NoHome(f"there is no home folder; set HOME, or {variable}") from error


def without_tilde(path: Path) -> Path:
    """The path with `~` and `~user` at its beginning as the home folder. Raises NoHome."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise NoHome(f"{path}: there is no such home folder; write the whole path") from error
