"""The fingerprint of a clip: sha256 over its whole spec."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from flows.clips.spec import ClipSpec
from flows.fields import plain

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def fingerprint(spec: ClipSpec) -> str:
    """sha256 (hex) of the spec as canonical JSON: sorted keys, no spaces, ASCII."""
    return fingerprint_of(plain(spec))


def fingerprint_of(content: Mapping[str, object]) -> str:
    """The same of a spec as plain values, as a plan or a record has it."""
    return hashlib.sha256(_encode(content).encode()).hexdigest()
