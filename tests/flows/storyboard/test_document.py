"""YAML becomes located nodes: text stays text, and nothing can make the file larger than it is."""

from __future__ import annotations

import time

import pytest

from flows.storyboard.document import parse
from flows.storyboard.nodes import Items, Keys, Node, Source, Text
from flows.storyboard.problems import Problems


def parsed(text: str) -> tuple[Node | None, Problems]:
    problems = Problems()
    return parse(Source("x.yaml", text), problems), problems


def mapping(text: str) -> Keys:
    node, problems = parsed(text)
    assert len(problems) == 0
    assert isinstance(node, Keys)
    return node


@pytest.mark.parametrize(
    "text", ["on", "12:30", "016", "${x}", "a, b", "null", "~", "yes", "1e3", "0x10", ".inf", "2024-01-01"]
)
def test_every_scalar_stays_the_text_that_was_written(text: str) -> None:
    value = mapping(f"key: {text}\n").get("key")
    assert isinstance(value, Text)
    assert value.value == text


def test_nodes_know_line_and_column() -> None:
    scenes = mapping("a: 1\nscenes:\n  - id: x\n    seed: 7\n").get("scenes")
    assert isinstance(scenes, Items)
    scene = scenes.values[0]
    assert isinstance(scene, Keys)
    key, value = scene.entries["seed"]
    assert (str(key.place), str(value.place)) == ("x.yaml:4:5", "x.yaml:4:11")


def test_columns_count_characters_not_bytes() -> None:
    value = mapping('{"ä🚤": x}').get("ä🚤")
    assert value
    assert value.column == 8


def test_aliases_share_what_they_name() -> None:
    node = mapping("a: &x {b: 1}\nc: *x\n")
    assert node.get("a") is node.get("c")


def test_an_alias_bomb_is_defused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    start = time.process_time()
    node, problems = parsed("\n".join(lines))
    assert time.process_time() - start < 1
    assert node is None
    assert "spreads out to more than 2,000,000 values" in problems.sorted()[0].message


def test_an_alias_cannot_contain_itself() -> None:
    _, problems = parsed("a: &a [*a]\n")
    assert "no anchor &a before this alias" in problems.sorted()[0].message


def test_brackets_without_end_are_refused_without_a_crash() -> None:
    for text in ("[" * 100_000, "{a: " * 50_000, "- " * 50_000 + "x"):
        node, problems = parsed(text)
        assert node is None
        assert len(problems) == 1
