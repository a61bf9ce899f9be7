"""Maps with known keys, and their short forms."""

from __future__ import annotations

import pytest

from flows.storyboard.kinds import Asset, Flag, FreeText, LoraName
from flows.storyboard.quantities import Number
from flows.storyboard.records import Field, Record, Short, Values, is_text
from tests.flows.storyboard.reading import node, read, refused

NUMBER = Number(0, 9)
BOTH = Record("guidance", "Both.", (Field("high", NUMBER, "High."), Field("low", NUMBER, "Low.")))
BOX = Record(
    "a box",
    "A box.",
    (Field("name", FreeText(), "A name.", required=True), Field("both", Short(BOTH, ("high", "low")), "B.")),
)


def test_a_map_is_read_key_by_key_with_the_place_of_each() -> None:
    box, problems = read(BOX, "name: a\nboth: {low: 3}")
    assert problems == []
    assert (box.get("name").value, box.get("both").get("low"), box.get("other")) == ("a", 3.0, None)
    places = {key: (place.line, place.column) for key, place in box.places.items()}
    assert places == {"name": (1, 7), "both": (2, 7), "both.low": (2, 13)}


def test_a_bare_value_stands_for_the_most_important_keys() -> None:
    box, problems = read(BOX, "{name: a, both: 4}")
    assert (box.get("both").values, problems) == ({"high": 4.0, "low": 4.0}, [])
    assert Short(BOTH, ("high", "low")).words() == "a map, or a number from 0 to 9 for all its keys"
    assert Short(BOX, ("name",)).words() == "a map, or only its `name`: text"


def test_none_is_a_word_where_something_can_be_refused() -> None:
    short = Short(BOX, ("name",), none=True)
    assert read(short, "none") == ("none", [])
    quoted, _ = read(short, "'none'")
    assert quoted.get("name").value == "none"
    assert read(Short(BOX, ("name",)), "none")[0].get("name").value == "none"


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("{both: 1}", "a box needs name", "add name: text"),
        ("{nam: a}", "unknown key 'nam' in a box", "did you mean name?"),
        ("{name: a, size: 1}", "unknown key 'size' in a box", "size belongs in a format or a deliverable"),
        ("{name: a, qqqq: 1}", "unknown key 'qqqq' in a box", "its keys: name, both"),
        ("{name: a, logo: x}", "unknown key 'logo' in a box", "nothing is laid over the picture; add it in an editing"),
        ("{name: a, both: [1]}", "both must be a map, or a number", "its keys: high, low"),
    ],
)
def test_a_wrong_key_is_one_mistake_with_what_to_do(text: str, message: str, fix: str) -> None:
    _, problems = read(BOX, text)
    assert [problem.message.startswith(message) for problem in problems] == [True]
    assert (problems[0].fix or "").startswith(fix)


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("null", "key must be a map, not null", "remove the key to have none"),
        ("'null'", "key must be a map, not text", "write key: {name: …}; its keys: name, both"),
        ("[a]", "key must be a map, not a list", "write key: {name: …}; its keys: name, both"),
    ],
)
def test_what_is_no_map_is_told_how_to_be_one(text: str, message: str, fix: str) -> None:
    assert refused(BOX, text) == (message, fix)


def test_a_value_that_is_wrong_keeps_its_place() -> None:
    values = Values(node("a"))
    values.put("seed", node("x"), None)
    assert (values.get("seed"), list(values.places)) == (None, ["seed"])


def test_the_schema_of_a_map_allows_its_keys_alone() -> None:
    schema = BOX.definition()
    assert (schema["required"], schema["additionalProperties"]) == (["name"], False)
    assert list(schema["properties"]) == ["name", "both"]
    assert BOX.schema() == {"$ref": "#/$defs/box"}


def test_texts_and_names_of_files_may_hold_commas() -> None:
    assert all(is_text(kind) for kind in (FreeText(), Asset("image"), LoraName(".+"), Short(BOX, ("name",))))
    assert not is_text(Flag())
    assert not is_text(Short(BOTH, ("high", "low")))
