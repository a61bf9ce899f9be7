"""What every part needs of files: writing whole or not at all, folders of a user."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from wan.errors import NoHome

_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""What network and FUSE file systems say that cannot sync: what is written is as safe there as it gets."""
_WILL_NOT_REPLACE = frozenset({errno.EEXIST, errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EBUSY, errno.ETXTBSY})
_STRANGE = "backslashreplace"
"""What becomes of a name that is no UTF-8, as file names may be: JSON has the same escapes."""
_LONGEST_STEM = 200
"""Bytes of a name that leave room for what makes a temporary name of it: most file systems take 255."""
_TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}", re.DOTALL)


@contextmanager
def replacing(path: Path, *, within: Path | None = None) -> Iterator[Path]:
    """A hidden file beside `path` (or in the folder `within`, on the same disk) to write: it becomes `path` when the
    block ends well, and is gone otherwise."""
    temporary = _temporary(path, within)
    try:
        yield temporary
        move_over(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """The whole file or none of it; on the disk, its name too, when this returns."""
    data = text.encode("utf-8", _STRANGE)
    write_whole(path, lambda file: file.write(data))


def write_whole(path: Path, fill: Callable[[BinaryIO], object], *, within: Path | None = None) -> None:
    """As `write_atomically`, with what `fill` writes; `within` is for `replacing`."""
    with replacing(path, within=within) as temporary:
        _filled(temporary, fill)
    settle_folder(path.parent)


def add_whole(path: Path, fill: Callable[[BinaryIO], object], *, within: Path | None = None) -> bool:
    """As `write_whole`, unless there is such a file already: of several at once one wins. Whether it was ours."""
    temporary = _temporary(path, within)
    try:
        _filled(temporary, fill)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:
            # Some file systems have no hard links, and say so in many ways; the window between the calls is theirs.
            if path.exists():
                return False
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    settle_folder(path.parent)
    return True


def is_temporary(name: str) -> bool:
    """Whether a file that is not whole yet, or never became whole, is called so."""
    return _TEMPORARY.fullmatch(name) is not None


def _temporary(path: Path, within: Path | None) -> Path:
    stem = os.fsdecode(os.fsencode(path.name)[:_LONGEST_STEM])
    return (within or path.parent) / f".{stem}.{os.getpid()}-{secrets.token_hex(4)}"


def _filled(file: Path, fill: Callable[[BinaryIO], object]) -> None:
    with file.open("xb") as opened:
        fill(opened)
        opened.flush()
        settle(opened.fileno())


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
