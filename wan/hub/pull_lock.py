"""One pull of a model at a time, and what the disk's refusals mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wan.errors import HubError, HubRefusal
from wan.system.locks import try_lock


@contextmanager
def pull_lock(folder: Path) -> Iterator[None]:
    """Nobody else pulls this model meanwhile. The system takes the lock back however this process ends."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f".{folder.name}.lock").open("ab+") as file:
            if not try_lock(file):
                file.seek(0)
                who = file.read(20).decode(errors="replace").strip()
                raise HubRefusal(f"process {who or '?'} pulls {folder.name} already; wait for it, or stop it")
            file.truncate(0)
            file.write(str(os.getpid()).encode())
            file.flush()
            yield
    except OSError as error:
        raise disk_refusal(error, folder) from error


def disk_refusal(error: OSError, folder: Path) -> HubError:
    """What a person can do about a disk that is full, or a place that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubRefusal(
            f"the disk of {folder.parent} is full; what arrived is kept: make room and run the same command again"
        )
    if error.errno == errno.EFBIG:
        return HubRefusal(f"{folder.parent} takes no files as large as these; choose another place: --root")
    return HubRefusal(f"{folder.parent} cannot be written ({error.strerror or error}); choose another place: --root")
