"""Values in braces that a comma ended: `{prompt: a dog, drone shot}` has the keys `prompt` and `drone shot`, and
`{duration: 1,5s}` has `duration` and `5s`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from flows.storyboard.context import Context
from flows.storyboard.nodes import Keys, Node, Text, stands_alone


def joined_again(node: Keys, context: Context, is_text: Callable[[str], bool]) -> Keys:
    """The map without the keys that are the rest of a value. A text that was cut is reported; a number is put together
    again, and its kind says what is wrong with it. `is_text`: whether a key's value is text."""
    cut: dict[str, list[Text]] = {}
    owner = ""
    for name, (written, value) in node.entries.items():
        begun = node.entries[owner][1] if owner else None
        if begun and _is_rest(begun, written, value) and (is_text(owner) or _is_digits(begun, written)):
            cut.setdefault(owner, []).append(written)
        else:
            owner = name if _may_be_cut(written, value) else ""
    if not cut:
        return node
    rests = {piece.value for pieces in cut.values() for piece in pieces}
    result = Keys(node.source, node.line, node.column)
    result.entries = {name: entry for name, entry in node.entries.items() if name not in rests}
    for name, pieces in cut.items():
        key, begun = result.entries[name]
        assert isinstance(begun, Text)
        whole = _whole(begun, pieces)
        if is_text(name):
            message = f"the comma ends the text of {name}, and '{pieces[0].value[:60]}' is read as a key"
            quoted = json.dumps(whole, ensure_ascii=False)
            context.problems.add(pieces[0], message, f"quote it: {name}: {quoted[:200]}")
        else:
            result.entries[name] = (key, Text(begun.source, begun.line, begun.column, whole, True))
    return result


def _may_be_cut(key: Text, value: Node) -> bool:
    """Whether a text stands behind its key: not in quotes, nor from an alias or another file laid under this one."""
    if not (isinstance(value, Text) and value.plain and value.value):
        return False
    return value.source is key.source and (value.line, value.column) > (key.line, key.column)


def _is_rest(begun: Node, key: Text, value: Node) -> bool:
    if not (isinstance(value, Text) and value.plain and not value.value and stands_alone(key)):
        return False
    return key.source is begun.source and (key.line, key.column) > (begun.line, begun.column)


def _is_digits(begun: Node, rest: Text) -> bool:
    """Whether the comma stands between digits."""
    return isinstance(begun, Text) and begun.value[-1:].isdecimal() and rest.value[:1].isdecimal()


def _whole(begun: Text, pieces: list[Text]) -> str:
    """What is written from the beginning to the last piece, blanks and ends of lines as one blank. The map has a piece
    once that is there several times: `000` of `1,000,000`."""
    last = pieces[-1]
    rows = [begun.source.line(number) or "" for number in range(begun.line, last.line + 1)]
    again = "|".join(re.escape(piece.value) for piece in pieces)
    behind = re.compile(rf"(?:\s*,\s*(?:{again})(?=\s*[,}}]))*").match(rows[-1], last.column - 1 + len(last.value))
    rows[-1] = rows[-1][: behind.end() if behind else None]
    rows[0] = rows[0][begun.column - 1 :]
    return " ".join(" ".join(rows).split())
