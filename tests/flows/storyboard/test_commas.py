"""A comma in braces ends a value; what is meant is said once, the same in braces and in lines of their own."""

from __future__ import annotations

import pytest

from tests.flows.storyboard.conftest import FILM, Desk

SECONDS = "a decimal point, not a comma: write "

NUMBERS = [
    ("duration", "1,5s", f"{SECONDS}1.5s"),
    ("duration", "1, 5s", f"{SECONDS}1.5s"),
    ("duration", "1,5", f"{SECONDS}1.5"),
    ("duration", "1,5 sec", f"{SECONDS}1.5s"),
    ("duration", "1m2,5s", f"{SECONDS}1m2.5s"),
    ("seed", "1,000", "no comma between the digits: write 1000"),
    ("seed", "1,000,000", "no comma between the digits: write 1000000"),
    ("seed", "1,234,567", "no comma between the digits: write 1234567"),
    ("takes", "1,5", "write 2"),
    ("takes", "1,000", "no comma between the digits: write 100 or less"),
]


@pytest.mark.parametrize(("key", "written", "fix"), NUMBERS)
def test_a_number_with_a_comma_is_one_mistake(desk: Desk, key: str, written: str, fix: str) -> None:
    for shot in (f"{{prompt: a dog, {key}: {written}}}", f"{{{key}: {written}, prompt: a dog}}"):
        problem = desk.the_problem(f"{FILM}      - {shot}\n")
        assert problem.fix == fix
        assert problem.message.startswith(f"{key} must be")
    assert desk.the_problem(f"{FILM}      - prompt: a dog\n        {key}: {written}\n").fix == fix


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("format: {fps: 29,97}", f"{SECONDS}29.97"),
        ("shot_defaults: {sampling: {guidance_scale: 3,5}}", f"{SECONDS}3.5"),
        ("shot_defaults: {sampling: {guidance_scale: {high: 3,5, low: 3}}}", f"{SECONDS}3.5"),
        ("soundtrack: {voiceover: [{file: assets/talk.wav, at: 0,5s}]}", f"{SECONDS}0.5s"),
        ("soundtrack: {voiceover: [{file: assets/talk.wav, at: shot-1 + 0,5s}]}", f"{SECONDS}shot-1 + 0.5s"),
        ("format: {size: 1920,1080}", "write 1280x720 and deliver 1920x1080"),
        ("cast: {boat: red, and red, and red}", 'quote it: boat: "red, and red, and red"'),
        ("variables: {weight: 1,5 kg}", 'quote it: weight: "1,5 kg"'),
        ("cast: {boat: red, white and blue}", 'quote it: boat: "red, white and blue"'),
        ("shot_defaults: {image: boat, end.png}", 'quote it: image: "boat, end.png"'),
        ("shot_defaults: {takes: 2, seed}", "write one, or remove the key"),
    ],
)
def test_every_kind_says_what_it_would_have(desk: Desk, line: str, fix: str) -> None:
    found = desk.check(f"{FILM}      - prompt: a dog\n{line}\n")
    assert any((problem.fix or "").startswith(fix) for problem in found), "\n".join(map(str, found))
    assert len(found) == (2 if "end.png" in line else 1)


def test_a_key_is_not_the_rest_of_a_text_that_stands_elsewhere(desk: Desk) -> None:
    text = f"{FILM}      - prompt: &dog a dog\n      - {{prompt: *dog, drone shot}}\n"
    assert desk.the_problem(text).message == "unknown key 'drone shot' in a shot"
    desk.write("\n" * 30 + "style: paper\n", "looks/paper.yaml")
    found = desk.the_problem(f"{FILM}      - prompt: a dog\nlook: {{soft}}\ndefaults: [look: paper]\n")
    assert found.message == "unknown key 'soft' in a look"
