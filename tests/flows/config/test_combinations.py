"""Several values as combinations of one each; texts stay what they are."""

from __future__ import annotations

import pytest

from flows.config import combinations, differing
from flows.config.combinations import plain_text
from flows.errors import SettingsError


def test_every_choice_the_last_one_changing_first() -> None:
    assert combinations(["storyboard.seed=1,2", "cluster.max_workers=1", "render=draft,final"]) == [
        ("storyboard.seed=1", "cluster.max_workers=1", "render=draft"),
        ("storyboard.seed=1", "cluster.max_workers=1", "render=final"),
        ("storyboard.seed=2", "cluster.max_workers=1", "render=draft"),
        ("storyboard.seed=2", "cluster.max_workers=1", "render=final"),
    ]
    assert combinations([]) == [()]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("storyboard.seed=range(1,4)", ["1", "2", "3"]),
        ("storyboard.seed=1,2,1", ["1", "2"]),
        ("storyboard.shots.a.prompt=a red boat, 'x, y'", ["a red boat", "x, y"]),
        ("storyboard.title='a, b'", ["'a, b'"]),
        ("storyboard.title=Hello (world", ["Hello (world"]),
        ("storyboard.shots.a.transition={kind: fade, duration: 1s}", ["{kind: fade, duration: 1s}"]),
        ("storyboard.title=016,on", ["016", "on"]),
    ],
)
def test_texts_of_a_storyboard(text: str, values: list[str]) -> None:
    key = text.partition("=")[0]
    assert combinations([text]) == [(f"{key}={value}",) for value in values]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rendr=a,b", "did you mean render"),
        ("render=draft,nope", "no such option"),
        ("render=glob(*)", "write the values out: render=A,B"),
        ("storyboard.title=a, (b", "quote it"),
        ("storyboard.seed=range(1,1000000)", "more than 10,000 values"),
        ("seed", "is not an override"),
    ],
)
def test_a_mistake_names_the_override(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        combinations([text])
    assert message in str(caught.value)
    assert text.partition("=")[0] in str(caught.value)


def test_too_many_combinations_are_refused_before_they_are_made() -> None:
    many = [f"storyboard.shots.s{n}.seed=range(0,100)" for n in range(10)]
    with pytest.raises(SettingsError, match="more than 10,000 combinations"):
        combinations(many)


def test_what_differs_is_said_alone() -> None:
    films = [("a=1", "+storyboard.seed=1", "c=3"), ("a=1", "+storyboard.seed=2", "d=4")]
    assert differing(films) == [{"storyboard.seed": "1", "c": "3"}, {"storyboard.seed": "2", "d": "4"}]
    assert differing([("a=1",), ("a=1",)]) == [{}, {}]


def test_what_hydra_escapes_is_text_again() -> None:
    assert plain_text(r"storyboard.title=a\ red\ boat") == "storyboard.title=a red boat"
    assert plain_text("storyboard.seed=3") == "storyboard.seed=3"
    assert plain_text("storyboard.title='x, y'") == "storyboard.title=x, y"
