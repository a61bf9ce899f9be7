"""Whose a batch is: the storyboard and the table that its folder belongs to, here or where they were sent from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from flows.batch.asked import Asked
from flows.film.folder import owner_of


def whose_of(asked: Asked, storyboard: Path) -> tuple[str, str]:
    """Storyboard and table: paths, behind `person@machine:` if they are another machine's."""
    if asked.sent is None:
        return str(storyboard.resolve()), str(asked.table.resolve())
    first, second = map(owner_of, asked.sent.whose)
    return first, second


def sweep_of(storyboards: Iterable[Path]) -> tuple[str, str]:
    """The same of a sweep, which has no table: all that it compares, whatever their order."""
    return ", ".join(sorted({str(storyboard.resolve()) for storyboard in storyboards})), ""


def owner_with(whose: tuple[str, str]) -> str:
    """Both as one: the machine stands before the storyboard alone. Of a sweep the storyboard."""
    storyboard, table = whose
    if not table:
        return storyboard
    return f"{storyboard} with {table if os.path.isabs(table) else table.partition(':')[2]}"
