"""The templates of pages: all in one look, and nothing that a prompt can break."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from flows.words import count, duration, moment, size_of


@cache
def environment() -> jinja2.Environment:
    """Of the templates beside this file."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(duration=duration, clock=moment, size=size_of, counted=count)
    return made
