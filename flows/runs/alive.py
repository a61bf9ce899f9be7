"""Which runs this machine makes, and whether their processes live: a file a run, locked by the run's process.

The operating system releases a lock however a process ends: who serves finds runs whose processes died.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from wan.system.files import state_folder
from wan.system.locks import hold, is_held, machine

_PATIENCE_SECONDS = 5.0
"""Who looks whether a lock is held holds it for a moment."""
_RUN = re.compile(r"[0-9a-f-]{36}")


def note(run: str) -> None:
    """This machine is about to make the film of that run."""
    _file(run).parent.mkdir(parents=True, exist_ok=True)
    _file(run).touch()


def begin(run: str) -> IO[bytes]:
    """We are the run's process until the returned file is closed, or we end. Raises OSError, also without locks."""
    note(run)
    file = hold(_file(run), seconds=_PATIENCE_SECONDS)
    if file is None:
        raise OSError(f"the run {run} has a process already")
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def noted() -> Iterator[str]:
    """The runs that this machine has made, and nobody has forgotten yet."""
    with suppress(FileNotFoundError):
        yield from sorted(path.stem for path in _folder().iterdir() if _RUN.fullmatch(path.stem))


def lives(run: str) -> bool:
    """Whether the run's process is there."""
    return is_held(_file(run))


def stop(run: str) -> None:
    """Ask the run's process to end; nothing happens if there is none."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        if lives(run):
            os.kill(int(_file(run).read_text()), signal.SIGTERM)


def forget(run: str) -> None:
    """Its end is known."""
    _file(run).unlink(missing_ok=True)


def _file(run: str) -> Path:
    return _folder() / f"{run}.run"


def _folder() -> Path:
    """Of this machine: a home on a network disk is that of others too."""
    return state_folder() / "serving" / machine()
