"""Who sits at this machine."""

from __future__ import annotations

import getpass


def person() -> str:
    """The name that the system knows; empty where it knows none, as in a container without users."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
