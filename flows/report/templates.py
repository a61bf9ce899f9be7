"""The templates of pages: all in one look, and nothing that a prompt can break."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from flows.words import count, duration, moment, money, size_of


@cache
def environment(folder: Path = Path(__file__).parent) -> jinja2.Environment:
    """Of the templates in that folder, by itself those beside this file."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(duration=duration, clock=moment, size=size_of, counted=count, money=money)
    return made
