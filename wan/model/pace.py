"""Where long work on a device may be left: whether to stop, and no more work queued than can be waited for.

Work is queued on a GPU far quicker than it is done, and what is queued cannot be called back: of a step of 20 s a
quarter and more would still run. So the host waits before it queues more than one piece ahead of the GPU, which has
that one to do meanwhile and never runs dry.
"""

from __future__ import annotations

from collections import deque

import torch

from wan.system.stop import is_heeded, look_for_stop

AHEAD = 1
"""Pieces of work that are queued behind the one that the GPU is at."""


class Pace:
    """Of one row of pieces of work: blocks of a step, pieces of a video."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._ends: deque[torch.cuda.Event] = deque()

    def between(self) -> None:
        """Called between two pieces. Raises `Cancelled` to leave them; does nothing where nobody is asked."""
        if not is_heeded():
            return
        if self._device.type == "cuda":
            end = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            end.record(torch.cuda.current_stream(self._device))
            self._ends.append(end)
            if len(self._ends) > AHEAD:
                self._ends.popleft().synchronize()
        look_for_stop()
