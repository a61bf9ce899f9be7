"""Writes the tables of `docs/programs.md`: the JSON of every command, from the types that the commands are held to.

    python docs/make_programs.py

A test keeps the page fresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from flows.cli.events import EVENTS
from flows.cli.forms import FORMS, Envelope
from flows.cli.problems import MEANINGS, WARNING
from flows.fields import Written
from flows.fields import hints as field_hints

PAGE = Path(__file__).parent / "programs.md"
BEGIN, END = "<!-- forms -->\n", "<!-- end of forms -->\n"
_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    object: "anything",
    datetime: "text",
}


def page() -> str:
    """The whole page, with what people wrote kept."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{forms()}\n{END}{rest.partition(END)[2]}"


def forms() -> str:
    """Every table."""
    lines = ["### Every command", "", *_table(Envelope)]
    told: set[type] = set()
    lines += _nested(Envelope, told)
    lines += ["### Codes of problems", "", "| code | exit code | about |", "| --- | ---: | --- |"]
    lines += [f"| `{code}` | {number} | {about} |" for code, (number, about) in MEANINGS.items()]
    lines += [f"| `{WARNING}` | 0 | what is only worth a word |", ""]
    for command, form in FORMS.items():
        own = {name: hint for name, hint in hints(form).items() if name not in hints(Envelope)}
        lines += [f"### `wanflow {command} --json`", "", *_rows(own), *_nested(form, told)]
    lines += ["### Events", ""]
    for name, form in EVENTS.items():
        lines += [f"`{name}`: {_said(form)}", "", *_table(form)]
    return "\n".join(lines)


def hints(form: type) -> dict[str, Any]:
    """The keys of a form, or the fields of the dataclass that an object is written from, with their types and words."""
    return field_hints(form) if is_dataclass(form) else get_type_hints(form, include_extras=True)


def _nested(form: type, told: set[type]) -> Iterator[str]:
    """The forms within a form, each once on the page."""
    for hint in hints(form).values():
        for inner in _forms_in(hint):
            if inner not in told:
                told.add(inner)
                yield from (f"**{_name(inner)}**: {_said(inner)}", "", *_table(inner))
                yield from _nested(inner, told)


def _forms_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, Written):
        yield hint.kind
    elif is_typeddict(hint) or (isinstance(hint, type) and is_dataclass(hint)):
        yield hint
    for inner in get_args(hint):
        yield from _forms_in(inner)


def _table(form: type) -> list[str]:
    return _rows(hints(form))


def _rows(own: dict[str, Any]) -> list[str]:
    rows = [f"| `{name}` | {in_words(hint)} | {_words_beside(hint)} |" for name, hint in own.items()]
    return ["| key | holds | |", "| --- | --- | --- |", *rows, ""]


def in_words(hint: Any) -> str:
    """A type as people say it."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Annotated:
        written = next((each for each in inner if isinstance(each, Written)), None)
        return _name(written.kind) if written else in_words(inner[0])
    if kind is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if kind in (Union, UnionType):
        return " or ".join("null" if each is type(None) else in_words(each) for each in inner)
    if kind in (list, tuple):
        return f"list of {in_words(inner[0])}"
    if kind in (dict, Mapping):
        return f"object of {in_words(inner[1])}"
    return _name(hint) if is_typeddict(hint) or is_dataclass(hint) else _WORDS[hint]


def _words_beside(hint: Any) -> str:
    return next((each for each in get_args(hint) if isinstance(each, str)), "") if get_origin(hint) is Annotated else ""


def _name(form: type) -> str:
    """`ShotForm` is a shot, `ClipSpec` a clip spec."""
    name = form.__name__.removesuffix("Form")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _said(form: type) -> str:
    """What its docstring begins with."""
    return " ".join((form.__doc__ or "").partition("\n\n")[0].split()).rstrip(".") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
