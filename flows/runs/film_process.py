"""The process that makes a run's film, as the run sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

from flows.runs.feed import Feed
from flows.runs.order import Order
from wan.system.files import state_folder

FILMING = "flows.runs.filming"
"""What is started."""
LEAVE_SECONDS = 30.0
"""What it may take to end after its last word: workers are put away."""
LOOK_SECONDS = 10.0
SILENCE_SECONDS = 900.0
"""It gives a sign of life every minute. One that gives none for so long hangs."""
HANGS = (
    "The process that made this film gave no sign of life for {minutes:g} minutes, and was killed. Finished takes are "
    "in the store: run it again to go on."
)


class FilmProcess:
    """Begins at once, in `folder`; `feed` is what it says. Ended with the block, whatever has happened in it. In a
    session of its own: what is said to ours (Ctrl-C in a terminal) is for us to pass on."""

    def __init__(self, order: Order, folder: Path) -> None:
        with _log(order.run) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", FILMING],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.feed = Feed(self._process.stdout)
        threading.Thread(target=self._watch, name="silence", daemon=True).start()
        try:
            self._process.stdin.write(order.to_line())
            self._process.stdin.flush()  # left open: the process ends with it
        except BrokenPipeError:  # it has ended, which the feed says
            pass

    def __enter__(self) -> FilmProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self.feed.finished:
            self.stop()
        try:
            self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self.leave()

    @property
    def pid(self) -> int:
        """Its number, and that of its session."""
        return self._process.pid

    def stop(self) -> None:
        """What is finished is kept; it says how it ends."""
        self._process.terminate()

    def _watch(self) -> None:
        """One that hangs is killed. Only looks are counted: a machine that slept has not been listening."""
        silent, heard = 0.0, 0
        while not self.feed.ending.wait(LOOK_SECONDS):
            silent = silent + LOOK_SECONDS if self.feed.lines == heard else 0.0
            heard = self.feed.lines
            if silent >= SILENCE_SECONDS:
                self.feed.killed = HANGS.format(minutes=SILENCE_SECONDS / 60)
                self._process.kill()
                return

    def leave(self) -> None:
        """Nobody follows it any more: it stops by itself, as when we are killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()


def log_file(run: str) -> Path:
    """What the process of that run said beside its messages."""
    return state_folder() / "films" / f"{run}.log"


def _log(run: str) -> IO[bytes]:
    try:
        log_file(run).parent.mkdir(parents=True, exist_ok=True)
        return log_file(run).open("ab")
    except OSError:
        return Path(os.devnull).open("wb")
