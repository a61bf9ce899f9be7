"""What a table names without importing it: `module:name`, brought when it is needed."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


@cache
def named(place: str) -> Any:
    """The object of that name in that module. Facts name what computes, so that reading them imports no torch."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
