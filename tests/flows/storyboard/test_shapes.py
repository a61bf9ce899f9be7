"""Lists and maps of things, and finding the maps inside them."""

from __future__ import annotations

from flows.storyboard.kinds import FreeText, Word
from flows.storyboard.quantities import Number
from flows.storyboard.records import Field, Record, Short
from flows.storyboard.shapes import Later, ListOf, MapOf, inside, records
from tests.flows.storyboard.reading import read, refused

NUMBER = Number(0, 9)
INNER = Record("an inner", "Inner.", (Field("depth", NUMBER, "Depth."),))
OUTER = Record(
    "an outer", "Outer.", (Field("one", Short(INNER, ("depth",)), "One."), Field("many", ListOf(INNER), "M."))
)


def test_a_list_is_read_entry_by_entry_and_wrong_ones_are_left_out() -> None:
    found, problems = read(ListOf(NUMBER), "[1, x, 3]")
    assert [(node.column, value) for node, value in found] == [(2, 1.0), (8, 3.0)]
    assert [problem.place and problem.place.column for problem in problems] == [5]


def test_a_list_has_bounds() -> None:
    assert refused(ListOf(NUMBER, most=2), "[1, 2, 3]") == ("key has 3 entries", "at most 2 are allowed")
    assert refused(ListOf(NUMBER, least=1), "[]") == ("key is empty", "write one entry or more, or remove the key")
    assert refused(ListOf(NUMBER), "1") == ("key must be a list, not text", "write key: [ … ], or one `- ` a line")
    assert read(ListOf(NUMBER), "[]") == ([], [])
    assert ListOf(NUMBER, most=2, least=1).schema() == {
        "type": "array", "items": NUMBER.schema(), "minItems": 1, "maxItems": 2,
    }  # fmt: skip


def test_what_is_read_later_is_there_at_least() -> None:
    nodes, problems = read(Later(INNER), "[{depth: 1}, 2]")
    assert ([node.word for node in nodes], problems) == (["a map", "text"], [])
    assert refused(Later(INNER), "[]") == ("key is empty", "add an inner")
    assert refused(Later(INNER), "{a: b}")[0] == "key must be a list, not a map"


def test_names_of_ones_own_have_a_form() -> None:
    named = MapOf("[a-z]+", FreeText(), "a variable")
    found, problems = read(named, "{boat: red}")
    assert ({name: text.value for name, (_, text) in found.items()}, problems) == ({"boat": "red"}, [])
    _, problems = read(named, "{Boat: red}")
    assert (problems[0].message, problems[0].fix) == ("'Boat' cannot be the name of a variable", "it must match [a-z]+")
    assert refused(named, "[a]")[1] == "write one `name: value` a line"


def test_every_map_is_found_once_outermost_first() -> None:
    assert list(records(OUTER)) == [OUTER, INNER]
    assert inside(ListOf(Short(INNER, ("depth",)))) is INNER
    assert inside(Word("a", "an a")) is None
