"""`{{ name }}` and `{{ name | filter }}`: jinja2 parses them, nothing of jinja2 runs them.

A sandbox lets `{{ 'a' * 10**8 }}` through; here only names, text and the filters of `words.FILTERS` are taken from the
syntax tree, and everything else is refused by what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from flows.storyboard import words
from wan.system.suggest import did_you_mean

if TYPE_CHECKING:
    import jinja2

CHOOSE = "choose"
MAX_RESULT = 20_000
"""Characters a text may have after its templates are filled in."""

_MARKS = re.compile(r"\{\{|\{%|\{#")
_SIMPLE = re.compile(r"\{\{((?:[^'\"{}\\]|'[^'\\]*'|\"[^\"\\]*\")*)\}\}")
_REFUSED = {
    "For": "a loop",
    "If": "a condition",
    "CondExpr": "a condition",
    "Call": "a call",
    "CallBlock": "a call",
    "Getattr": "reaching into an object",
    "Getitem": "reaching into an object",
    "Assign": "an assignment",
    "AssignBlock": "an assignment",
    "Include": "another file",
    "Import": "another file",
    "FromImport": "another file",
    "Extends": "another file",
    "Macro": "a macro",
    "Compare": "a comparison",
    "Test": "a test",
    "List": "a list",
    "Dict": "a map",
    "Tuple": "a list",
    "Concat": "joining (~)",
}
_FIX = "only {{ name }} and {{ name | filter }} are allowed"


class TemplateError(Exception):
    """A text whose templates cannot be filled in. `needle` is the part of the text that is to blame; `variable` the one
    that has no value, if that is why."""

    def __init__(self, message: str, fix: str | None, needle: str, variable: str | None = None) -> None:
        super().__init__(message)
        self.message, self.fix, self.needle, self.variable = message, fix, needle, variable


@dataclass(frozen=True, slots=True)
class _Slot:
    """One `{{ … }}`: where the value comes from, and what is done to it."""

    name: str | None
    text: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]


_Part: TypeAlias = str | _Slot


class Templates:
    """Fills in variables. Expressions are parsed once each, whatever the number of texts and films they stand in."""

    def __init__(self, variables: Mapping[str, str], used: set[str] | None = None) -> None:
        """`used` gets the names of the variables that a text asks for."""
        self.variables = variables
        self.used = set() if used is None else used

    def render(self, text: str) -> str:
        """The text with its templates filled in; raises `TemplateError`."""
        if "{" not in text or not _MARKS.search(text):
            return text
        filled: list[str] = []
        size = 0
        for part in self._parts(text):
            filled.append(part if isinstance(part, str) else self._fill(part))
            size += len(filled[-1])
            _check_size(size)
        return "".join(filled)

    def errors(self, text: str) -> list[TemplateError]:
        """Everything that is wrong with a text that `render` refused."""
        wrong: list[TemplateError] = []
        try:
            for part in self._parts(text):
                if isinstance(part, _Slot):
                    wrong += self._errors_of(part)
            if not wrong:
                self.render(text)
        except TemplateError as error:
            wrong.append(error)
        return wrong

    def _errors_of(self, slot: _Slot) -> list[TemplateError]:
        try:
            self._fill(slot)
        except TemplateError as error:
            return [error]
        return []

    def _parts(self, text: str) -> Sequence[_Part]:
        """Simple expressions one by one (most repeat from shot to shot); anything unusual as a whole."""
        pieces = _SIMPLE.split(text)
        unusual = any(_MARKS.search(literal) for literal in pieces[::2])
        if unusual or any(inner[:1] in "-+" or inner[-1:] in "-+" for inner in pieces[1::2]):
            return _parsed(text)
        parts: list[_Part] = []
        for number, piece in enumerate(pieces):
            if number % 2 == 0:
                parts.append(piece)
                continue
            parts.extend(_parsed(f"{{{{{piece}}}}}"))
        return parts

    def _fill(self, slot: _Slot) -> str:
        if slot.name is not None:
            self.used.add(slot.name)
        value = slot.text if slot.name is None else self.variables.get(slot.name)
        for name, arguments in slot.filters:
            if name == "default":
                value = arguments[0] if value is None else value
            elif value is not None:
                if name == "replace":
                    _check_size(len(value) + value.count(arguments[0]) * (len(arguments[1]) - len(arguments[0])))
                value = _APPLY[name](value, *arguments)
        if value is None:
            raise self._unknown(slot.name or "")
        return value

    def _unknown(self, name: str) -> TemplateError:
        fix = did_you_mean(name, self.variables, f"add it: variables: {{{name}: …}}")
        return TemplateError(f"the template names an unknown variable '{name}'", fix, name, name)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(keep_trailing_newline=True, autoescape=False)


@lru_cache(4096)
def _parsed(text: str) -> tuple[_Part, ...]:
    """The parts of a text. Raises TemplateError."""
    import jinja2
    from jinja2 import nodes

    try:
        tree = _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"the template cannot be read: {error.message}", _FIX, _first_mark(text)) from None
    except RecursionError:
        raise TemplateError("the template is nested too deeply", _FIX, _first_mark(text)) from None
    parts: list[_Part] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            raise _refusal(statement, text)
        parts.extend(
            piece.data if isinstance(piece, nodes.TemplateData) else _slot(piece, text) for piece in statement.nodes
        )
    return tuple(parts)


def _check_size(size: int) -> None:
    """Refuse a text before it is made, not after."""
    if size > MAX_RESULT:
        message = f"the text has more than {MAX_RESULT:,} characters when its templates are filled in"
        raise TemplateError(message, "make the text or its variables shorter", "{{")


def _slot(expression: Any, text: str) -> _Slot:
    from jinja2 import nodes

    filters: list[tuple[str, tuple[str, ...]]] = []
    while isinstance(expression, nodes.Filter) and expression.node is not None:
        filters.append((expression.name, _arguments(expression, text)))
        expression = expression.node
    filters.reverse()
    if isinstance(expression, nodes.Name):
        return _Slot(expression.name, "", tuple(filters))
    if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        return _Slot(None, expression.value, tuple(filters))
    raise _refusal(expression, text)


def _arguments(expression: Any, text: str) -> tuple[str, ...]:
    from jinja2 import nodes

    name = expression.name
    if name not in words.FILTERS:
        fix = did_you_mean(name, words.FILTERS, f"one of {', '.join(words.FILTERS)}")
        raise TemplateError(f"unknown filter '{name}' in a template", fix, name)
    plain = not expression.kwargs and expression.dyn_args is None and expression.dyn_kwargs is None
    given = [node.value for node in expression.args if isinstance(node, nodes.Const) and isinstance(node.value, str)]
    expected = {"replace": 2, "default": 1}.get(name, 0)
    right = bool(given) and len(given) % 2 == 0 if name == CHOOSE else len(given) == expected
    if not plain or len(given) != len(expression.args) or not right:
        takes = "pairs of" if name == CHOOSE else expected
        raise TemplateError(f"the filter '{name}' takes {takes} texts in quotes", f"{words.FILTERS[name]}", name)
    if name == "replace" and not given[0]:
        raise TemplateError("replace needs a text to look for", words.FILTERS[name], name)
    return tuple(given)


def _refusal(node: Any, text: str) -> TemplateError:
    from jinja2 import nodes

    kind = type(node).__name__
    otherwise = "arithmetic" if isinstance(node, nodes.BinExpr | nodes.UnaryExpr) else kind.lower()
    what = _REFUSED.get(kind, otherwise)
    return TemplateError(f"a template cannot hold {what}", _FIX, _first_mark(text))


def _first_mark(text: str) -> str:
    match = _MARKS.search(text)
    return match.group() if match else text[:1]


def _choose(value: str, *pairs: str) -> str:
    """The text beside the value. Raises TemplateError where there is none."""
    texts = dict(zip(pairs[::2], pairs[1::2], strict=True))
    if value not in texts:
        fix = did_you_mean(value, texts, f"it has {', '.join(texts)}")
        raise TemplateError(f"choose has no text for '{value}'", fix, CHOOSE)
    return texts[value]


def _title(value: str) -> str:
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)*", lambda word: word.group().capitalize(), value)


_APPLY: Mapping[str, Callable[..., str]] = {
    "title": _title,
    "upper": str.upper,
    "lower": str.lower,
    "capitalize": str.capitalize,
    "trim": str.strip,
    "replace": str.replace,
    CHOOSE: _choose,
}
