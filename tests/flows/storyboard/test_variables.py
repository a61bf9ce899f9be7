"""Variables: in texts, in values of every other kind, and where each value is looked for and blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.storyboard import check_storyboard, load_storyboard
from flows.storyboard.load import read_written
from flows.storyboard.nodes import Source, Text
from flows.storyboard.problems import Problems
from flows.storyboard.variables import Unset, Variables, sole_variable

FILM = """storyboard: 1
title: "{{ product }}"
variables: {product: {example: boat}, seconds: 2s, shape: "9:16", how: dissolve, seed: 7, still: "true"}
deliver: [{name: story, aspect: "{{ shape }}"}]
scenes:
  - shots:
      - {prompt: "a {{ product }}", duration: "{{ seconds }}", seed: "{{ seed }}"}
      - {prompt: more, duration: "{{ seconds | replace('2', '3') }}", transition: "{{ how }}", extend: "{{ still }}"}
"""


def written(folder: Path, text: str = FILM) -> Path:
    (folder / "film.yaml").write_text(text)
    return folder / "film.yaml"


def cell(folder: Path, value: str, row: int = 2, column: int = 1) -> Text:
    return Text(Source("rows.csv", "", folder), row, column, value, True)


def test_values_of_every_kind_may_be_variables(tmp_path: Path) -> None:
    film = load_storyboard(written(tmp_path))
    first, second = film.shots
    assert (film.title, first.duration, first.seed, second.duration) == ("boat", 2.0, 7, 3.0)
    assert second.transition.kind == "dissolve"
    assert second.extend is True
    assert film.deliver[0].aspect == (9, 16)


def test_a_value_that_is_wrong_is_shown_where_it_was_written(tmp_path: Path) -> None:
    (problem,) = check_storyboard(written(tmp_path, FILM.replace("seconds: 2s", "seconds: soon")))[:1]
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (3, 48)
    assert problem.message.startswith("duration must be a length of time")


def test_a_file_is_looked_for_beside_what_names_it(tmp_path: Path) -> None:
    film = written(tmp_path, FILM.replace('seed: "{{ seed }}"', 'image: "{{ picture }}"'))
    elsewhere = tmp_path / "tables"
    elsewhere.mkdir()
    problems = Problems()
    read = read_written(film)
    given = {**read.declared.values, "picture": cell(elsewhere, "boat.png")}
    read.film(Variables(given), problems)
    (problem,) = problems.sorted()
    assert problem.place is not None
    assert (problem.place.file, problem.place.line, problem.message) == ("rows.csv", 2, "there is no file boat.png")
    problems = Problems()
    read.film(Variables({**given, "picture": cell(elsewhere, "../../etc/passwd")}), problems)
    assert "outside" in problems.sorted()[0].message


def test_a_value_that_was_left_empty_is_asked_for_where_it_lacks(tmp_path: Path) -> None:
    read = read_written(written(tmp_path))
    problems = Problems()
    given = {name: node for name, node in read.declared.values.items() if name != "product"}
    read.film(Variables(given, {"product": Unset(cell(tmp_path, "", 4, 2))}), problems)
    (problem,) = problems.sorted()
    assert str(problem.place) == "rows.csv:4:2"
    assert problem.message == f"the cell is empty, and {tmp_path}/film.yaml:7:24 needs it"


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("{value: a, example: b}", "product has a value and an example"),
        ("{}", "product has neither a value nor an example"),
        ("{vlaue: a}", "unknown key 'vlaue' in a variable"),
    ],
)
def test_a_variable_has_a_value_or_an_example(tmp_path: Path, variable: str, message: str) -> None:
    problems = check_storyboard(written(tmp_path, FILM.replace("{example: boat}", variable)))
    assert message in {problem.message for problem in problems}


def test_examples_are_known_apart_from_values(tmp_path: Path) -> None:
    declared = read_written(written(tmp_path)).declared
    assert declared.examples == {"product"}
    assert declared.values["seconds"].value == "2s"
    overridden = read_written(tmp_path / "film.yaml", overrides=["storyboard.variables.product=kite"]).declared
    assert (overridden.examples, overridden.values["product"].value) == (frozenset(), "kite")


@pytest.mark.parametrize(
    ("text", "name"),
    [("{{ a }}", "a"), (" {{a}} ", "a"), ("x{{ a }}", None), ("{{ a | title }}", None), ("{{ a }}{{ b }}", None)],
)
def test_only_one_variable_alone_stands_for_its_own_place(tmp_path: Path, text: str, name: str | None) -> None:
    assert sole_variable(cell(tmp_path, text)) == name
