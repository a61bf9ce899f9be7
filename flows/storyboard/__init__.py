"""The storyboard language: from a YAML file to frozen values, with every mistake named by file, line and column."""

from __future__ import annotations

from flows.storyboard.load import (
    Gathered,
    check_storyboard,
    find_storyboard,
    gather_storyboard,
    load_storyboard,
    read_storyboard,
)
from flows.storyboard.model import Storyboard

__all__ = [
    "Gathered",
    "Storyboard",
    "check_storyboard",
    "find_storyboard",
    "gather_storyboard",
    "load_storyboard",
    "read_storyboard",
]
