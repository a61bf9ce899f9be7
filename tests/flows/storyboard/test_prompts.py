"""Prompts: what was written arrives, joined in one order, with variables and cast filled in."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.storyboard import load_storyboard
from tests.flows.storyboard.conftest import Desk

WRITABLE = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"
    ),
    min_size=1,
    max_size=80,
).filter(lambda text: text.strip() and not any(mark in text for mark in ("{{", "{%", "{#", "<")))


def film(prompt: str) -> str:
    return f"storyboard: 1\ntitle: x\nscenes:\n  - shots:\n      - prompt: {prompt}\n"


def prompt_of(text: str) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.yaml"
        path.write_text(text, encoding="utf-8")
        return load_storyboard(path).shots[0].prompt


@settings(max_examples=150, deadline=None)
@given(WRITABLE)
def test_a_quoted_prompt_survives_as_it_was_written(text: str) -> None:
    assert prompt_of(film(json.dumps(text, ensure_ascii=False))) == text.strip()


@settings(max_examples=100, deadline=None)
@given(WRITABLE.filter(lambda text: text == text.strip() and not text.startswith("'")))
def test_a_prompt_given_as_override_survives(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.yaml"
        path.write_text(film("x"), encoding="utf-8")
        shown = load_storyboard(path, overrides=[f'storyboard.shots.shot-1.prompt="{text}"']).shots[0].prompt
        assert shown == (text if '"' not in text else f'"{text}"')


@pytest.mark.parametrize(
    "text", ["on", "12:30", "016", "${oc.env:HOME}", "a, b", "null", "~", "yes", "1e3", "a <3 b", "<Q"]
)
def test_what_looks_like_something_else_is_still_a_prompt(desk: Desk, text: str) -> None:
    assert desk.load(film(text)).shots[0].prompt == text


def test_the_parts_are_joined_in_one_order(desk: Desk) -> None:
    text = (
        "storyboard: 1\ntitle: x\n"
        "look: {palette: warm, lens: 35mm, lighting: soft, camera: still, style: paper, negative: blurry}\n"
        "scenes:\n  - setting: at sea\n    shots: [{prompt: a boat}]\n"
    )
    shot = desk.load(text).shots[0]
    assert shot.prompt == "a boat, at sea, paper, still, soft, 35mm, warm"
    assert shot.negative_prompt == "blurry"
    assert shot.camera == "still"


def test_the_cast_is_described_and_known_to_the_shot(desk: Desk) -> None:
    text = (
        "storyboard: 1\ntitle: x\nvariables: {thing: boat}\n"
        'cast: {boat: {description: "a {{ thing }}", reference: assets/boat.png}, kite: a red kite, unused: nobody}\n'
        "scenes:\n  - setting: near <kite>\n    shots: [{prompt: <boat> and <boat> on <3}]\n"
    )
    shot = desk.load(text).shots[0]
    assert shot.prompt == "a boat and a boat on <3, near a red kite"
    assert [member.id for member in shot.cast] == ["boat", "kite"]
    assert shot.cast[0].reference == desk.folder / "assets" / "boat.png"


def test_an_unknown_member_is_an_error_with_the_nearest_and_its_column(desk: Desk) -> None:
    problem = desk.the_problem(film("past <baot> it goes") + "cast: {boat: a boat}\n")
    assert problem.message == "<baot> is not in the cast"
    assert problem.fix == "did you mean <boat>?"
    assert problem.place
    assert (problem.place.line, problem.place.column) == (5, 22)


def test_a_capital_letter_does_not_lose_a_member(desk: Desk) -> None:
    problem = desk.the_problem(film("<Boat> goes") + "cast: {boat: a boat}\n")
    assert problem.fix == "did you mean <boat>?"


def test_descriptions_cannot_name_others(desk: Desk) -> None:
    problem = desk.the_problem(film("<boat>") + "cast: {boat: a boat with <kite>, kite: x}\n")
    assert "descriptions cannot name others" in problem.message


def test_variables_are_text_and_can_be_overridden(desk: Desk) -> None:
    text = film('"{{ year }} {{ product | title }}"') + "variables: {product: a boat, year: 2024}\n"
    assert desk.load(text).shots[0].prompt == "2024 A Boat"
    assert desk.load(text, ["storyboard.variables.product=kite"]).shots[0].prompt == "2024 Kite"


def test_a_prompt_that_grows_beyond_measure_is_refused(desk: Desk) -> None:
    text = film('"' + "<boat>" * 500 + '"') + f"cast: {{boat: {'x' * 1000}}}\n"
    assert "the prompt has 503,000 characters" in desk.the_problem(text).message


def test_every_mistake_of_one_prompt_is_named(desk: Desk) -> None:
    found = desk.check(
        film('"<baot> with {{ produkt }} and {{ colur }} near <kit>"') + "variables: {product: x, colour: y}\n"
    )
    assert [(problem.place.column, problem.message) for problem in found if problem.place] == [
        (18, "<baot> is not in the cast"),
        (33, "the template names an unknown variable 'produkt'"),
        (51, "the template names an unknown variable 'colur'"),
        (65, "<kit> is not in the cast"),
    ]
    assert [problem.fix for problem in found][1:3] == ["did you mean product?", "did you mean colour?"]
