"""Who sits at this machine."""

from __future__ import annotations

import getpass

SOMEBODY = "somebody"
"""Who acts where the system knows no name, and one has to be said."""


def person() -> str:
    """The name that the system knows; empty where it knows none, as in a container without users."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
