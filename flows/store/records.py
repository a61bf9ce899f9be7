"""Records of clips as JSON, and what a damaged one looks like."""

from __future__ import annotations

import dataclasses
import json

from flows.store.protocol import ClipRecord

_FIELDS = {field.name: field for field in dataclasses.fields(ClipRecord)}
_REQUIRED = frozenset(
    name
    for name, field in _FIELDS.items()
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
)


def record_to_json(record: ClipRecord) -> bytes:
    """The record as it lies in a store, UTF-8."""
    values = {name: getattr(record, name) for name in _FIELDS}
    values["scores"], values["seconds"], values["spec"] = dict(record.scores), dict(record.seconds), dict(record.spec)
    return json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1).encode()


def record_from_json(data: bytes) -> ClipRecord:
    """The record of those bytes. Keys of later versions are left out. Raises ValueError when it is damaged."""
    values = json.loads(data)
    if not isinstance(values, dict):
        raise ValueError("a clip's record is a JSON object")
    missing = _REQUIRED - values.keys()
    if missing:
        raise ValueError(f"a clip's record lacks {', '.join(sorted(missing))}")
    return ClipRecord(**{name: value for name, value in values.items() if name in _FIELDS})
