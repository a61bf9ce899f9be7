"""The time by which a keeper compares and waits: seconds since the epoch, which never leap.

A machine's clock is set: by an hour when it was wrong, by a second now and again. What was leased before would seem to
be an hour late then, or what is ready to come from the future.
"""

from __future__ import annotations

import time

_BEGAN = time.time() - time.monotonic()


def steady() -> float:
    """The time of day when this process began, and what has passed since."""
    return _BEGAN + time.monotonic()
