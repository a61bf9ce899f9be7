"""JSON Schema (draft 2020-12) of the language, made from its table, for editors to complete and check.

A schema cannot know ids, files and cycles; `wanflow check` does. What it refuses, the parser refuses too.
"""

from __future__ import annotations

import json
from typing import Any

from flows.storyboard.language import FILM, VERSION
from flows.storyboard.shapes import records

FILE = "storyboard.schema.json"
"""The schema's file, beside this module; shipped with the package."""


def json_schema() -> dict[str, Any]:
    """The schema of a storyboard file, as an editor's YAML 1.2 reader sees it."""
    inner = {record.slug: record.definition() for record in records(FILM) if record is not FILM}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"wanflow storyboard, version {VERSION}",
        **FILM.definition(),
        "$defs": inner,
    }


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
