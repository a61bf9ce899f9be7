"""What ffmpeg's last words mean, one row a meaning: whose fault it is, and what to do."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from typing import NamedTuple

from flows.errors import EditError, EnvironmentProblem, FlowsError

LAST_LINES = 12
"""How much of what ffmpeg said goes into an error that no row explains."""

FIX = "name a working ffmpeg (6.1 or newer) with film.ffmpeg=/path/to/ffmpeg"


class Meaning(NamedTuple):
    """`said`: a pattern of ffmpeg's words. `message` may name its groups."""

    said: str
    error: type[FlowsError]
    message: str


MEANINGS: Sequence[Meaning] = (
    Meaning(
        r"No space left on device",
        EnvironmentProblem,
        "no space left on the disk for the film: make room, or set film.outputs elsewhere",
    ),
    Meaning(
        r"Cannot allocate memory",
        EnvironmentProblem,
        "not enough memory to edit the film: end other programs, or deliver fewer files at once",
    ),
    Meaning(
        r"Unknown encoder '(?P<name>[^']+)'",
        EnvironmentProblem,
        f"this ffmpeg cannot write {{name}}, which a file of the film needs; {FIX}",
    ),
    Meaning(
        r"No such filter: '(?P<name>[^']+)'",
        EnvironmentProblem,
        f"this ffmpeg has no filter {{name}}, which the film needs; {FIX}",
    ),
    Meaning(
        r"Error (?:applying|setting) option '?transition\b",
        EnvironmentProblem,
        f"this ffmpeg is too old for a transition of the film; {FIX}",
    ),
)
"""The first that fits counts."""

KILLED = f"ffmpeg was killed (signal {signal.SIGKILL.value}); is there enough memory?"


def failure(code: int, said: str) -> FlowsError:
    """The error for an ffmpeg that ended with exit status `code` and these words on its error output."""
    for meaning in MEANINGS:
        if match := re.search(meaning.said, said):
            return meaning.error(meaning.message.format(**match.groupdict()))
    lines = [line.rstrip() for line in said.splitlines() if line.strip()][-LAST_LINES:]
    if not lines and code == -signal.SIGKILL:
        return EditError(KILLED)
    text = "\n    ".join(lines) or f"exit status {code}"
    return EditError(f"ffmpeg could not edit the film:\n    {text}")
