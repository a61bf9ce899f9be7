"""Overrides into a storyboard: `storyboard.seed=3`, `storyboard.shots.drift.prompt=a, b`, `~storyboard.look.lens`.

They change nodes before anything is read, so that a value passes the same checks wherever it comes from, and text stays
text: the kind of the key decides, not the look of the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flows.errors import Place
from flows.storyboard.context import Context, Kind
from flows.storyboard.document import parse
from flows.storyboard.language import FILM, GROUPS
from flows.storyboard.names import Index, index
from flows.storyboard.nodes import Items, Keys, Node, Source, Text
from flows.storyboard.problems import Problems, listed, printable
from flows.storyboard.records import Record, Short
from flows.storyboard.shapes import Later, ListOf, MapOf

_FORM = re.compile(r"(?P<mark>~|\+{0,2})(?P<path>[^=]+?)(?:=(?P<value>.*))?\Z", re.DOTALL)
_COMPOSITE = (Record, Short, ListOf, Later, MapOf)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Override:
    """One override. `value` None: the key is removed. `column` is where the value begins in the text, from 1, and
    `line` and `start` where all of it does: of a table's cell its row and column."""

    source: Source
    path: tuple[str, ...]
    value: str | None
    column: int
    line: int = 1
    start: int = 1

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.source.place(self.line, self.start)

    @property
    def chooses(self) -> bool:
        """Whether it chooses a shared look, cast or soundtrack by name: `storyboard.look=ink`."""
        return len(self.path) == 1 and self.path[0] in GROUPS and bool(self.value and _NAME.match(self.value))

    def text(self) -> Text:
        """The value as a node."""
        return Text(self.source, self.line, self.column, self.value or "", True)

    def key(self, name: str) -> Text:
        """A key as a node."""
        return Text(self.source, self.line, max(self.start, self.source.text.find(name) + 1), name, True)


class _Wrong(Exception):
    """An override that leads nowhere; the problem is reported already."""


def source_name(text: str) -> str:
    """What places within an override name as their file."""
    return f"override {printable(text[:80])}"


def read_overrides(texts: Sequence[str], problems: Problems) -> list[Override]:
    """The overrides in their order; `storyboard.` in front may be left out."""
    result: list[Override] = []
    for text in texts:
        source = Source(source_name(text), text)
        problems.knows(source)
        match = _FORM.match(text)
        removes = bool(match and match["mark"] == "~")
        if not match or (match["value"] is None) != removes:
            fix = "write storyboard.key=value, or ~storyboard.key"
            problems.add(source.place(1, 1), "this is not an override", fix)
            continue
        path = match["path"].strip().removeprefix("storyboard.")
        value = None if removes else _unquoted(match["value"])
        column = 1 if removes else match.start("value") + 1
        result.append(Override(source, tuple(path.split(".")), value, column))
    return result


def choose_shared(root: Keys, overrides: Sequence[Override]) -> None:
    """Put the shared looks, casts and soundtracks chosen by overrides into the `defaults:` list."""
    for override in overrides:
        if not override.chooses:
            continue
        group = override.path[0]
        before = root.get("defaults")
        entries = Items(override.source, 1, 1)
        for entry in before.values if isinstance(before, Items) else ():
            if not (isinstance(entry, Keys) and group in entry.entries):
                entries.values.append(entry)
        chosen = Keys(override.source, 1, 1)
        chosen.set(override.key(group), override.text())
        entries.values.append(chosen)
        root.set(override.key("defaults"), entries)


def apply_overrides(root: Keys, overrides: Sequence[Override], context: Context) -> Keys:
    """The storyboard's nodes with all other overrides in them; `root` is not changed."""
    result = _copy(root)
    for override in overrides:
        if not override.chooses and isinstance(result, Keys):
            try:
                _apply(result, override, context)
            except _Wrong:
                continue
    return result if isinstance(result, Keys) else root


def report_unused_variables(overrides: Sequence[Override], context: Context) -> None:
    """Report values for variables that no text names: they would change nothing, and another one was meant."""
    used = sorted(context.variables.used)
    for override in overrides:
        if override.path[0] != "variables" or len(override.path) != 2 or override.path[1] in context.variables.used:
            continue
        name = override.path[1]
        others = f"variables in use: {listed(used)}" if used else "no text of the storyboard has a variable"
        fix = context.problems.did_you_mean(name, used, others)
        context.problems.add(override.key(name), f"no text names the variable '{name[:60]}'", fix)


def _apply(root: Keys, override: Override, context: Context) -> None:
    node: Node = root
    kind: Kind = FILM
    *way, last = _numbered(root, override, context)
    for name in way:
        _fits(node, kind, override, context)
        child_kind = _child(kind, name, node, override, context)
        node, kind = _enter(node, name, kind, child_kind, override), child_kind
    _fits(node, kind, override, context)
    leaf = _child(kind, last, node, override, context)
    _put(node, last, leaf, override, context)


def _numbered(root: Keys, override: Override, context: Context) -> Sequence[str]:
    """`shots.river.drift.x` and `scenes.river.shots.drift.x` with positions for ids."""
    path = list(override.path)
    scenes = root.get("scenes")
    ids = index(scenes.values if isinstance(scenes, Items) else (), Problems())
    if path[0] == "shots" and len(path) > 1:
        full, rest = _shot(path[1:], ids, override, context)
        number = next(number for number, shots in enumerate(ids.shots) if full in shots)
        return ["scenes", str(number), "shots", str(ids.shots[number].index(full)), *rest]
    if path[0] == "scenes" and len(path) > 1:
        if path[1] in ids.scenes:
            path[1] = str(ids.scenes.index(path[1]))
        known = path[1].isdecimal() and int(path[1]) < len(ids.scenes)
        if len(path) > 3 and path[2] == "shots" and known:
            shots = ids.shots[int(path[1])]
            full = f"{ids.scenes[int(path[1])]}.{path[3]}"
            path[3] = str(shots.index(full)) if full in shots else path[3]
    return path


def _shot(names: Sequence[str], ids: Index, override: Override, context: Context) -> tuple[str, Sequence[str]]:
    """The full id of the shot that `names` begin with, and the names after it."""
    full = ".".join(names[:2])
    if full in ids.full:
        return full, names[2:] or _whole_shot(override, context)
    text = override.key(names[0])
    if names[0] in ids.scenes and len(names) > 1:
        text = Text(text.source, 1, text.column, full, True)
    full_id = ids.look_up(text, context.problems)
    if full_id is None:
        raise _Wrong
    return full_id, names[1:] or _whole_shot(override, context)


def _whole_shot(override: Override, context: Context) -> Sequence[str]:
    fix = "name a key of it: storyboard.shots.<shot>.<key>=value"
    context.problems.add(override.place, "an override cannot replace a whole shot", fix)
    raise _Wrong


def _fits(node: Node, kind: Kind, override: Override, context: Context) -> None:
    """`_Wrong` if the storyboard has something else where the override goes through."""
    expected = Items if isinstance(kind, ListOf | Later) else Keys if isinstance(kind, _COMPOSITE) else None
    if expected is not None and not isinstance(node, expected):
        message = f"the storyboard has {node.word} on this way, where {expected.word} is expected"
        context.problems.add(override.place, message, f"see {node.place}")
        raise _Wrong


def _child(kind: Kind, name: str, node: Node, override: Override, context: Context) -> Kind:
    """The kind of what `name` leads to; a problem and `_Wrong` if it leads nowhere."""
    if isinstance(kind, Short):
        kind = kind.record
    if isinstance(kind, Record):
        field = kind.by_key.get(name)
        if field:
            return field.kind
        fix = context.problems.did_you_mean(name, kind.by_key, f"its keys: {listed(kind.by_key, 40)}")
        context.problems.add(override.key(name), f"unknown key '{name[:60]}' in {kind.name}", fix)
    elif isinstance(kind, MapOf):
        return kind.item
    elif isinstance(kind, ListOf | Later):
        count = len(node.values) if isinstance(node, Items) else 0
        if name.isdecimal() and int(name) < count:
            return kind.item
        have = f"0 to {count - 1}" if count else "none: it is empty"
        context.problems.add(override.key(name), f"there is no entry '{name[:60]}' here", f"entries are {have}")
    else:
        message = f"nothing is inside {'.'.join(override.path)[:80]}: it is {kind.words()}"
        context.problems.add(override.key(name), message)
    raise _Wrong


def _enter(node: Node, name: str, kind: Kind, child_kind: Kind, override: Override) -> Node:
    """The child of that name, as a copy of its own that may be changed; made if it is not there."""
    if isinstance(node, Items):
        child = node.values[int(name)] = _copy(node.values[int(name)])
        return child
    if not isinstance(node, Keys) or not isinstance(child_kind, _COMPOSITE):
        return node
    present = node.get(name)
    if isinstance(present, Text) and isinstance(child_kind, Short):
        present = _spelled_out(present, child_kind)
    child = _copy(present) if present is not None else Keys(override.source, 1, 1)
    node.set(node.entries[name][0] if name in node.entries else override.key(name), child)
    return child


def _spelled_out(bare: Text, kind: Short) -> Keys:
    """`transition: dissolve` as `{kind: dissolve}`."""
    result = Keys(bare.source, bare.line, bare.column)
    for key in kind.keys:
        result.set(Text(bare.source, bare.line, bare.column, key, True), bare)
    return result


def _put(node: Node, name: str, kind: Kind, override: Override, context: Context) -> None:
    if override.value is None:
        _remove(node, name, override, context)
        return
    value: Node = override.text()
    if isinstance(kind, _COMPOSITE) and override.value.lstrip()[:1] in ("{", "["):
        shifted = Source(override.source.name, " " * (override.column - 1) + override.value)
        parsed = parse(shifted, context.problems)
        if parsed is None:
            raise _Wrong
        value = parsed
    if isinstance(node, Items):
        node.values[int(name)] = value
    elif isinstance(node, Keys):
        node.set(override.key(name), value)


def _remove(node: Node, name: str, override: Override, context: Context) -> None:
    if isinstance(node, Items):
        del node.values[int(name)]
    elif isinstance(node, Keys) and name in node.entries:
        del node.entries[name]
    else:
        context.problems.add(override.key(name), f"there is no {name} to remove", None)


def _copy(node: Node) -> Node:
    if isinstance(node, Keys):
        keys = Keys(node.source, node.line, node.column)
        keys.entries = dict(node.entries)
        return keys
    if isinstance(node, Items):
        items = Items(node.source, node.line, node.column)
        items.values = list(node.values)
        return items
    return node


def _unquoted(value: str) -> str:
    """A value quoted as a whole, as Hydra wants texts with commas, without its quotes."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"" and value[0] not in value[1:-1]:
        return value[1:-1]
    return value
