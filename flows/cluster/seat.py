"""The place of one process in its worker's gang: it meets the others once, and stays with them until it ends.

All are on one machine, so they meet and speak on its loopback device: nobody else can listen there, and no address has
to be found.
"""

from __future__ import annotations

import os
import socket
import sys

from wan.parallel.gang import Gang
from wan.parallel.layout import Layout

LOOPBACK = "127.0.0.1"
_DEVICE = "lo0" if sys.platform == "darwin" else "lo"


class Seat:
    """Of rank `rank`. Used by the thread that renders."""

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._gangs: dict[Layout, Gang] = {}

    @property
    def over(self) -> bool:
        """Whether the gang has met, and has ended: it never meets again. Asked by any thread."""
        return any(not gang.open for gang in list(self._gangs.values()))

    def gang(self, layout: Layout, meeting: str, device: str) -> Gang:
        """In that layout, of as many as always. All members ask for the same at once. Raises `GangError`."""
        held = self._gangs.get(layout)
        if held is None:
            met = next(iter(self._gangs.values()), None)
            held = self._met(layout, meeting, device) if met is None else met.arranged(layout)
            self._gangs[layout] = held
        return held

    def _met(self, layout: Layout, meeting: str, device: str) -> Gang:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", _DEVICE)  # Gloo would look for the address of the machine's name
        return Gang.join(layout, rank=self._rank, meeting=meeting, device=device)


def free_meeting() -> str:
    """Where a gang can meet on this machine: a port that nobody has now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        return f"tcp://{LOOPBACK}:{server.getsockname()[1]}"
