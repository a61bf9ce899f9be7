"""What the operating system says of a store in a folder, in our words: this is where its errors end."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from flows.errors import EnvironmentProblem, StoreError

ANOTHER = "store.address=FOLDER"
"""How another place for the store is named."""

_FULL = f"no space left for the store in {{root}}; free some, or name a folder on another disk: {ANOTHER}"
_FORBIDDEN = (
    "cannot {doing} the store in {root} ({reason}: {file}); change its permissions, or name another folder: " + ANOTHER
)
_NO_SUCH_PLACE = f"there can be no store in {{root}} ({{reason}}); name another folder: {ANOTHER}"
_NO_FOLDER = f"the store {{root}} is not a folder; name another one: {ANOTHER}"

MENDABLE: Mapping[int, str] = MappingProxyType(
    dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL)
    | dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _FORBIDDEN)
    | dict.fromkeys((errno.ENAMETOOLONG, errno.ELOOP), _NO_SUCH_PLACE)
    | dict.fromkeys((errno.ENOTDIR, errno.EEXIST, errno.EISDIR), _NO_FOLDER)
)
"""What a person can do something about; everything else is a StoreError, and may be gone at the next try."""


@contextmanager
def translated(root: Path, doing: str) -> Iterator[None]:
    """Turns the operating system's errors into ours; `doing` completes "cannot … the store"."""
    try:
        yield
    except OSError as error:
        raise ours(error, root, doing) from error


def ours(error: OSError, root: Path, doing: str) -> Exception:
    """EnvironmentProblem with what to do about it, or StoreError."""
    told = MENDABLE.get(error.errno or 0)
    if told is None:
        return StoreError(f"cannot {doing} the store in {root}: {error}")
    return EnvironmentProblem(told.format(root=root, doing=doing, reason=error.strerror, file=error.filename))
