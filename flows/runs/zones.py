"""Time zones by their IANA names, and that of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones

from flows.errors import UserError
from wan.system.suggest import did_you_mean

LOCALTIME = Path("/etc/localtime")
"""A link into the folder of zones on Linux and macOS."""
TIMEZONE = Path("/etc/timezone")
"""Debian's note of the name."""
_NOT_SAID = ("posix/", "right/", "localtime", "posixrules", "Factory")
_FIX = "say which one you mean: --timezone Europe/Berlin"


def check_zone(name: str) -> str:
    """The name. Raises UserError with the one that was probably meant."""
    names = _zones()
    if name in names:
        return name
    cities = {known.rpartition("/")[2].lower(): known for known in names}
    whole = {known.lower(): known for known in names}
    wanted = name.strip().lower().replace(" ", "_")
    meant = whole.get(wanted) or cities.get(wanted.rpartition("/")[2])
    hint = (
        f"did you mean {meant}?" if meant else did_you_mean(name, list(whole.values()), "write one like Europe/Berlin")
    )
    raise UserError(f"--timezone {name}: there is no such time zone\n    {hint}")


def own_zone() -> str:
    """That of this machine. Raises UserError when it has none with a name."""
    names = _zones()
    said = os.environ.get("TZ", "").removeprefix(":")
    if said:
        if said in names:
            return said
        raise UserError(f"TZ={said}: this is no name of a time zone\n    {_FIX}")
    if not LOCALTIME.exists():
        return "UTC"
    _, found, name = str(LOCALTIME.resolve()).rpartition("zoneinfo/")
    if found and name in names:
        return name
    written = TIMEZONE.read_text("utf-8", "replace").strip() if TIMEZONE.is_file() else ""
    if written in names:
        return written
    raise UserError(f"the time zone of this machine has no name ({LOCALTIME} is no link to one)\n    {_FIX}")


def _zones() -> list[str]:
    """Not the copies that some systems keep beside them, nor what each machine sets for itself. Looked up on disk."""
    return sorted(name for name in available_timezones() if not name.startswith(_NOT_SAID))
