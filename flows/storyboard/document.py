"""YAML into located nodes, from libyaml's events: nothing is constructed, every scalar stays the text it was.

Refused with a place: syntax errors, tags, merge keys, duplicate keys, keys that are not text, several documents, deep
nesting, and more nodes than a film has use for (an alias bomb counts each time it is spread out).
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from flows.errors import Place
from flows.storyboard.nodes import Items, Keys, Node, Source, Text, stands_alone
from flows.storyboard.problems import Problems

MAX_DEPTH = 24
MAX_NODES = 2_000_000

QUOTE_BRACES = 'text that starts with {{ needs quotes: "{{ name }} …"'
QUOTE_COLON = 'text with ": " in it needs quotes'
_BRACES = re.compile(r"[:\-,\[]\s+\{\{")

_OPEN_END = "found unexpected end of stream"
_NOT_CLOSED = ("did not find expected ',' or '}'", "did not find expected ',' or ']'")
_FIXES = {
    "mapping values are not allowed in this context": f"{QUOTE_COLON}; keys need their indentation",
    "did not find expected key": "check the indentation and the quotes of this line and the one before",
    _OPEN_END: "a quote was opened and not closed",
    "found a tab character that violates indentation": "indent with spaces, not tabs",
    "found undefined alias": "text that starts with * needs quotes",
}


def parse(source: Source, problems: Problems) -> Node | None:
    """The nodes of one document; None if its syntax is broken (the problem says where)."""
    problems.knows(source)
    return _Builder(source, problems).build()


class _Stop(Exception):
    """The document cannot be read further; the problem is reported already."""


class _Builder:
    """Puts nodes together from events with a stack of its own: depth of nesting costs no Python stack."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.problems = source, problems
        self.root: Node | None = None
        self.stack: list[tuple[Items | Keys, Text | None, str | None, int]] = []
        self.open: Items | Keys | None = None
        self.key: Text | None = None
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = 0
        self.documents = 0

    def build(self) -> Node | None:
        try:
            parser: Any = CParser(self.source.text)
            self._events(parser)
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
            return None
        except ReaderError as error:
            self._character(error)
            return None
        except _Stop:
            return None
        if self.root is None:
            self.problems.add(self.source.place(1, 1), "the file is empty", "start from an example storyboard")
        return self.root

    def _events(self, parser: Any) -> None:
        get = parser.get_event
        while (event := get()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                mark = event.start_mark
                node = Text(self.source, mark.line + 1, mark.column + 1, event.value, not event.style)
                if event.tag is not None:
                    self._refuse_tag(event.tag, node)
                self._add(node)
                if event.anchor is not None:
                    self.anchors[event.anchor] = (node, 1)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._start(event, Keys if kind is MappingStartEvent else Items)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._end()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._document(event)
            elif kind is DocumentEndEvent:
                self.anchors.clear()

    def _add(self, node: Node) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            message = f"the file spreads out to more than {MAX_NODES:,} values"
            self._fatal(node, message, "repeat less with aliases (*name)")
        if self.open is None:
            self.root = node
        elif isinstance(self.open, Items):
            self.open.values.append(node)
        elif self.key is None:
            self._new_key(self.open, node)
        else:
            if self.key.value not in self.open.entries and self.key.value != "<<":
                self.open.entries[self.key.value] = (self.key, node)
            self.key = None

    def _new_key(self, owner: Keys, node: Node) -> None:
        if not isinstance(node, Text):
            if isinstance(node, Keys):
                self._fatal(owner, "this is read as YAML maps, not as text", QUOTE_BRACES)
            self._fatal(node, f"a key must be text, not {node.word}", "text that starts with [ needs quotes")
        if node.value in owner.entries and not (stands_alone(node) and stands_alone(owner.entries[node.value][0])):
            first = owner.entries[node.value][0].line
            message = f"the key '{node.value}' is here a second time"
            self._problem(node, message, f"it is on line {first} already; keep one")
        elif node.value == "<<" and node.plain:
            fix = "share values through `shot_defaults`, a scene's `defaults` or the `defaults:` list"
            self._problem(node, "merge keys (<<) are not part of the storyboard language", fix)
        self.key = node

    def _start(self, event: Any, kind: type[Keys | Items]) -> None:
        mark = event.start_mark
        node = kind(self.source, mark.line + 1, mark.column + 1)
        if event.tag is not None:
            self._refuse_tag(event.tag, node)
        if isinstance(self.open, Keys) and self.key is None:
            self._new_key(self.open, node)
        if len(self.stack) >= MAX_DEPTH:
            self._fatal(node, f"nested more than {MAX_DEPTH} levels deep", "a storyboard needs no more than 10")
        self.stack.append((node, self.key, event.anchor, self.count))
        self.open, self.key = node, None

    def _end(self) -> None:
        node, key, anchor, before = self.stack.pop()
        self.open = self.stack[-1][0] if self.stack else None
        self.key = key
        self._add(node)
        if anchor is not None:
            self.anchors[anchor] = (node, self.count - before)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        here = Text(self.source, mark.line + 1, mark.column + 1, f"*{event.anchor}", True)
        if event.anchor not in self.anchors:
            self._fatal(here, f"there is no anchor &{event.anchor} before this alias", _FIXES["found undefined alias"])
        node, weight = self.anchors[event.anchor]
        self.count += weight - 1
        self._add(node)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            mark = event.start_mark
            place = self.source.place(mark.line + 1, mark.column + 1)
            self._fatal(place, "a second document starts here (---)", "one file holds one storyboard: split it")

    def _refuse_tag(self, tag: str, node: Node) -> None:
        message = f"YAML tags are not allowed: {tag.replace('tag:yaml.org,2002:', '!!')}"
        self._problem(node, message, "remove it; text that starts with ! needs quotes")

    def _fatal(self, at: Node | Place, message: str, fix: str | None) -> NoReturn:
        self._problem(at, message, fix)
        raise _Stop

    def _problem(self, at: Node | Place, message: str, fix: str | None) -> None:
        self.problems.shot = self._shot()
        self.problems.add(at, message, fix)
        self.problems.shot = None

    def _shot(self) -> str | None:
        """The shot that is being read, as far as its ids are known by now: film, scenes, scene, shots, shot."""
        if len(self.stack) < 5:
            return None
        (_, scenes, *_), (scene, *_), (_, shots, *_), (shot, *_) = self.stack[1:5]
        if not (scenes and scenes.value == "scenes" and shots and shots.value == "shots"):
            return None
        names = [node.get("id") if isinstance(node, Keys) else None for node in (scene, shot)]
        ids = [name.value for name in names if isinstance(name, Text)]
        return ".".join(ids) if len(ids) == 2 else None

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        if error.problem == _OPEN_END and error.context_mark:
            mark = error.context_mark  # where the quote was opened; the end of the file says nothing
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = (error.problem or str(error)).strip()
        message = f"the YAML cannot be read: {problem}" + (f" ({error.context})" if error.context else "")
        self.problems.add(self.source.place(line, column), message, self._fix(problem, line, error))

    def _fix(self, problem: str, line: int, error: yaml.MarkedYAMLError) -> str | None:
        text = self.source.line(line) or ""
        if _BRACES.search(text):
            return QUOTE_BRACES
        if problem == "found character that cannot start any token":
            column = error.problem_mark.column if error.problem_mark else 0
            character = text[column : column + 1]
            if character == "\t":
                return "indent with spaces, not tabs"
            return f"text that starts with {character} needs quotes"
        if problem in _NOT_CLOSED:
            return self._not_closed(text, line, error)
        return _FIXES.get(problem)

    def _not_closed(self, text: str, line: int, error: yaml.MarkedYAMLError) -> str:
        """What keeps braces from ending where they should: a second colon, or that nothing ends them."""
        column = error.problem_mark.column if error.problem_mark else 0
        if text[column : column + 1] == ":" and ": " in text[:column]:
            return QUOTE_COLON
        opened = error.context_mark.line + 1 if error.context_mark else line
        return f"close what is opened on line {opened}, or put a comma before this"

    def _character(self, error: ReaderError) -> None:
        position = int(error.position)
        before = self.source.text.encode("utf-8")[:position].decode("utf-8", errors="ignore")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        self.problems.add(self.source.place(line, column), f"a control character: {error.reason}", "remove it")
