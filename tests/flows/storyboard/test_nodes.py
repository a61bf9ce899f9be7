"""Texts, lists and maps that know where they stand."""

from __future__ import annotations

from flows.errors import Place
from flows.storyboard.nodes import Keys, Source, Text, merged, place_of, stands_alone
from tests.flows.storyboard.reading import node


def keys(text: str) -> Keys:
    found = node(text)
    assert isinstance(found, Keys)
    return found


def test_lines_are_counted_as_the_parser_counts_them() -> None:
    source = Source("x", "a\r\nb\rc\u2028d\x85e")
    assert [source.line(number) for number in range(7)] == [None, "a", "b", "c", "d", "e", None]
    assert source.place(2, 3) == Place("x", 2, 3)


def test_a_map_is_asked_by_the_names_of_its_keys() -> None:
    found = keys("a: 1\nb: [2]")
    (name, value), _ = found.items()
    assert isinstance(value, Text)
    assert (name, value.value, value.place) == ("a", "1", Place("film.yaml", 1, 4))
    assert found.get("c") is None
    found.set(Text(value.source, 9, 1, "c", True), value)
    assert found.get("c") is value


def test_maps_are_merged_key_by_key_and_neither_is_changed() -> None:
    under, over = keys("{a: {x: 1, y: 2}, b: [1]}"), keys("{a: {y: 3}, b: [2], c: 4}")
    both = merged(under, over)
    assert isinstance(both, Keys)
    a, b = both.get("a"), both.get("b")
    assert isinstance(a, Keys)
    assert {name: getattr(value, "value", None) for name, value in a.items()} == {"x": "1", "y": "3"}
    assert b is over.get("b")
    assert list(under.entries) == ["a", "b"]
    assert merged(under, node("text")) is not under


def test_a_piece_of_a_text_is_found_where_its_line_shows_it() -> None:
    text = keys('prompt: "a <fox> by <owl>"').get("prompt")
    assert text is not None
    assert place_of(text, "<owl>").column == 21
    assert place_of(text, "<cat>") == text.place


def test_a_key_in_braces_may_be_no_key_at_all() -> None:
    entries = keys("{a dog, drone shot: x}").entries
    assert [stands_alone(key) for key, _ in entries.values()] == [True, False]
