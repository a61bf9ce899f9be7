"""The schema and the reference are made from the table the parser reads by, and agree with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from flows.storyboard import check_storyboard
from flows.storyboard.generate import HERE
from flows.storyboard.schema import FILE, json_schema, schema_text
from tests.flows.storyboard import test_bad_input as bad
from tests.flows.storyboard.conftest import Desk
from tests.flows.storyboard.test_shots import EVERYTHING

EXAMPLES = sorted((Path(__file__).parents[3] / "storyboards").glob("*.yaml"))


class _Yaml12(yaml.SafeLoader):
    """Reads as editors do: YAML 1.2, where `on` and `12:30` are text."""


_Yaml12.yaml_implicit_resolvers = {}
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$", re.IGNORECASE)
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def as_editors_read(text: str) -> Any:
    return yaml.load(text, Loader=_Yaml12)


VALIDATOR = Draft202012Validator(json_schema())


def test_the_shipped_schema_is_fresh() -> None:
    assert (HERE / FILE).read_text(encoding="utf-8") == schema_text(), "run python -m flows.storyboard.generate"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(schema_text()) == json_schema()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_accepted(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(as_editors_read(path.read_text(encoding="utf-8")))] == []


def test_everything_the_parser_accepts_the_schema_accepts(desk: Desk) -> None:
    texts = [
        EVERYTHING,
        "storyboard: 1\ntitle: 7\nscenes: [{shots: [{prompt: 016, caption: on, duration: 3, continuity: none}]}]",
    ]
    texts.append(
        "storyboard: 1\ntitle: x\ncast: {a: b}\nscenes: [{shots: [{prompt: null, loras: [x], transition: cut}]}]"
    )
    for text in texts:
        assert desk.check(text) == []
        assert list(VALIDATOR.iter_errors(as_editors_read(text))) == []


SEEN_BY_THE_SCHEMA = {
    *(
        "misspelt key",
        "key of another tool",
        "key in the wrong place",
        "a font",
        "code to run",
        "code to run in the film",
    ),
    *(
        "map for text",
        "text for map",
        "list for number",
        "text for list",
        "list for map",
        "missing prompt",
        "missing title",
    ),
    *(
        "missing version",
        "version 2",
        "no scenes",
        "no shots",
        "duration 0",
        "duration -1",
        "duration 1e9",
        "seed below 0",
    ),
    *("duration of no unit", "seed above 2^63", "seed in quotes", "seed with a fraction", "no takes", "steps as text"),
    *(
        "guidance too high",
        "unknown solver",
        "unknown variant",
        "LoRA that climbs",
        "size of one side",
        "odd size",
        "no rate",
    ),
    *(
        "yes",
        "not in decibels",
        "unknown codec",
        "no aspect",
        "deliverable that climbs",
        "variable name",
        "id with blanks",
    ),
    *("unknown way", "unknown transition", "look that climbs", "duration without end", "unquoted braces"),
}


@pytest.mark.parametrize(
    "case",
    [case for case in (*bad.KEYS, *bad.VALUES, *bad.NAMES) if case.name in SEEN_BY_THE_SCHEMA],
    ids=lambda case: case.name,
)
def test_what_a_schema_can_see_it_refuses_as_the_parser_does(case: bad.Case) -> None:
    assert list(VALIDATOR.iter_errors(as_editors_read(case.text)))


def test_what_the_schema_refuses_the_parser_refuses_too(desk: Desk) -> None:
    for case in (*bad.KEYS, *bad.VALUES, *bad.NAMES, *bad.FILES, *bad.TEMPLATES):
        try:
            document = as_editors_read(case.text)
        except (yaml.YAMLError, TypeError, ValueError):
            continue
        if list(VALIDATOR.iter_errors(document)):
            assert check_storyboard(desk.write(case.text)), case.name
