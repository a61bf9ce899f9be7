"""Read by every Python process of a drill when it starts: lets the wall clock of one of them leap.

A process whose number ends the name of a file `clock-<number>` in the drill's folder is that many seconds ahead, as the
file says. `time.monotonic` goes on as it did.
"""

from __future__ import annotations

import os
import time

FOLDER = os.environ.get("WANFLOW_DRILL", "")
LOOK_SECONDS = 0.2

_time, _time_ns = time.time, time.time_ns
_looked, _ahead = -LOOK_SECONDS, 0.0


def ahead() -> float:
    """Seconds, looked up now and again."""
    global _looked, _ahead
    now = time.monotonic()
    if now - _looked >= LOOK_SECONDS:
        _looked = now
        try:
            with open(f"{FOLDER}/clock-{os.getpid()}") as file:
                _ahead = float(file.read() or 0)
        except OSError:
            _ahead = 0.0
    return _ahead


if FOLDER:
    time.time = lambda: _time() + ahead()
    time.time_ns = lambda: _time_ns() + int(ahead() * 1e9)
