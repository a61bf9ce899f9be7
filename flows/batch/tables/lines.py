"""JSON lines: an object a line, its keys the columns."""

from __future__ import annotations

import json
from typing import Any

from flows.batch.tables.delimited import decoded
from flows.batch.tables.table import Reading, Rows, Unreadable


def read_lines(reading: Reading) -> Rows:
    """A row's number is its line; columns are in the order in which the lines name them. Raises Unreadable."""
    objects: list[tuple[int, dict[str, object]]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(decoded(reading).split("\n"), 1):  # other ends of lines may stand in a text
        if not line.strip():
            continue
        row = _object(line, number, reading)
        if row is not None:
            objects.append((number, row))
            columns.update(dict.fromkeys(row))
        if len(objects) > reading.most:
            break
    if not objects and reading.faults:
        raise Unreadable
    yield 1, list(columns)
    for number, row in objects:
        yield number, [row.get(name) for name in columns]


def _object(line: str, number: int, reading: Reading) -> dict[str, object] | None:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.extend(name for name in found if sum(each == name for each, _ in pairs) > 1)
        return found

    try:
        value = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        reading.fault(f"the line is no JSON: {error}", "write one object a line", number)
        return None
    if not isinstance(value, dict):
        reading.fault("the line is no object", 'write {"column": "value", …}', number)
        return None
    for name in repeated:
        reading.fault(f"the key '{name}' is there twice", "keep one", number)
    return value
