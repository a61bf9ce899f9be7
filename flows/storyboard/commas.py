"""Texts in braces that a comma ended: `{prompt: a dog, drone shot}` has the keys `prompt` and `drone shot`."""

from __future__ import annotations

import json

from flows.storyboard.context import Context
from flows.storyboard.nodes import Keys, Node, Text


def report_cut_texts(node: Keys, context: Context) -> frozenset[str]:
    """Report every text of a map that a comma ended; gives the keys that are the rest of one."""
    rests: dict[str, list[Text]] = {}
    owner = ""
    for name, (written, value) in node.entries.items():
        if owner and _is_rest(written, value):
            rests.setdefault(owner, []).append(written)
        else:
            owner = name if isinstance(value, Text) and value.plain and value.value else ""
    for name, pieces in rests.items():
        value = node.entries[name][1]
        begun = value.value if isinstance(value, Text) else ""
        whole = json.dumps(", ".join([begun, *(piece.value for piece in pieces)]), ensure_ascii=False)
        message = f"the comma ends the text of {name}, and '{pieces[0].value[:60]}' is read as a key"
        context.problems.add(pieces[0], message, f"quote it: {name}: {whole[:200]}")
    return frozenset(piece.value for pieces in rests.values() for piece in pieces)


def _is_rest(written: Text, value: Node) -> bool:
    """Whether a key stands alone in braces: neither a colon nor a value behind it."""
    if not (isinstance(value, Text) and value.plain and not value.value and written.plain):
        return False
    line = written.source.line(written.line) or ""
    behind = line[written.column - 1 + len(written.value) :].lstrip()
    return behind[:1] in ("", ",", "}")
