"""From the values of files to texts: what a storyboard's variables are."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from flows.storyboard.kinds import MAX_TEXT
from flows.storyboard.variables import CONTROL


class Wrong(Exception):
    """A value that is no text. `fix` says what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message, self.fix = message, fix


def text_of(value: object) -> str | None:
    """The text of a cell; None if it is empty. Raises Wrong."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return _checked(value)
        case int():
            return str(value)
        case float():
            return _number(value)
        case Decimal():
            return f"{value.normalize():f}" if value.is_finite() else _number(float(value))
        case dt.datetime():
            midnight = value.time() == dt.time() and value.tzinfo is None
            return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return f"{value.total_seconds():g}s"
        case _:
            what = {"dict": "a map", "list": "a list", "bytes": "bytes"}.get(type(value).__name__, type(value).__name__)
            raise Wrong(f"a cell cannot hold {what}", "give each part a column of its own")


def _checked(value: str) -> str | None:
    text = value.strip()
    if len(text) > MAX_TEXT:
        raise Wrong(f"the text has {len(text):,} characters", f"at most {MAX_TEXT:,} are allowed")
    if control := CONTROL.search(text):
        raise Wrong(f"the text holds the control character U+{ord(control[0]):04X}", "remove it")
    if "{{" in text or "{%" in text or "{#" in text:
        raise Wrong("a cell cannot hold a template itself", "write the text out")
    return text or None


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise Wrong(f"{value} is no number", "write one, or leave the cell empty")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
