"""Values in braces that a comma ended: `{prompt: a dog, drone shot}` has the keys `prompt` and `drone shot`, and
`{duration: 1,5s}` has `duration` and `5s`."""

from __future__ import annotations

import json
from collections.abc import Callable

from flows.storyboard.context import Context
from flows.storyboard.nodes import Keys, Node, Text


def joined_again(node: Keys, context: Context, is_text: Callable[[str], bool]) -> Keys:
    """The map without the keys that are the rest of a value. A text that was cut is reported; a number is put together
    again, and its kind says what is wrong with it. `is_text`: whether a key's value is text."""
    cut: dict[str, list[Text]] = {}
    owner = ""
    for name, (written, value) in node.entries.items():
        if owner and _is_rest(written, value) and (is_text(owner) or _is_digits(node.entries[owner][1], written)):
            cut.setdefault(owner, []).append(written)
        else:
            owner = name if isinstance(value, Text) and value.plain and value.value else ""
    if not cut:
        return node
    rests = {piece.value for pieces in cut.values() for piece in pieces}
    result = Keys(node.source, node.line, node.column)
    result.entries = {name: entry for name, entry in node.entries.items() if name not in rests}
    for name, pieces in cut.items():
        key, begun = result.entries[name]
        if not isinstance(begun, Text):
            continue
        whole = _whole(begun, pieces[-1])
        if is_text(name):
            message = f"the comma ends the text of {name}, and '{pieces[0].value[:60]}' is read as a key"
            quoted = json.dumps(whole, ensure_ascii=False)
            context.problems.add(pieces[0], message, f"quote it: {name}: {quoted[:200]}")
        else:
            result.entries[name] = (key, Text(begun.source, begun.line, begun.column, whole, True))
    return result


def _is_rest(written: Text, value: Node) -> bool:
    """Whether a key stands alone in braces: neither a colon nor a value behind it."""
    if not (isinstance(value, Text) and value.plain and not value.value and written.plain):
        return False
    line = written.source.line(written.line) or ""
    behind = line[written.column - 1 + len(written.value) :].lstrip()
    return behind[:1] in ("", ",", "}")


def _is_digits(begun: Node, rest: Text) -> bool:
    """Whether the comma stands between digits."""
    return isinstance(begun, Text) and begun.value[-1:].isdecimal() and rest.value[:1].isdecimal()


def _whole(begun: Text, last: Text) -> str:
    """What is written from the one to the other, blanks and ends of lines as one blank."""
    rows = [begun.source.line(number) or "" for number in range(begun.line, last.line + 1)]
    rows[-1] = rows[-1][: last.column - 1 + len(last.value)]
    rows[0] = rows[0][begun.column - 1 :]
    return " ".join(" ".join(rows).split())
