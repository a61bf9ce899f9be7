"""From the types of the settings: what Hydra checks, what we check, and the words for both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from flows.config.schema import bounds_of, choices_of, freeze, in_words, leaves, mutable_twin, plain
from flows.limits import STEPS, Bounds, OneOf
from flows.settings import ModelSettings, Settings

Small = Annotated[int, Bounds(0, 9)]
Kind = Literal["b", "c"]


@pytest.mark.parametrize(
    ("hint", "simple", "choices", "bounds", "words"),
    [
        (int, int, (), None, "a whole number"),
        (Small, int, (), Bounds(0, 9), "a whole number"),
        (Small | None, int | None, (), Bounds(0, 9), "a whole number or null"),
        (Kind, str, ("b", "c"), None, "text"),
        (Literal["a"] | Kind, str, ("a", "b", "c"), None, "text"),
        (Kind | None, str | None, ("b", "c"), None, "text or null"),
        (Annotated[str, OneOf({"x": 1, "y": 2})], str, ("x", "y"), None, "text"),
        (tuple[Path, ...], tuple[Path, ...], (), None, "a list, each a path, in brackets: [ONE, TWO]"),
    ],
)
def test_a_type_says_what_a_value_may_be(
    hint: Any, simple: Any, choices: tuple[str, ...], bounds: Bounds | None, words: str
) -> None:
    assert plain(hint) == simple
    assert (choices_of(hint), bounds_of(hint), in_words(hint)) == (choices, bounds, words)


def test_every_number_of_the_settings_has_bounds() -> None:
    numbers = {key: hint for key, hint in leaves() if plain(hint) in (int, float, int | None, float | None)}
    assert [key for key, hint in numbers.items() if bounds_of(hint) is None] == []
    assert bounds_of(numbers["render.num_inference_steps"]) == STEPS


def test_the_twin_has_every_field_and_no_default() -> None:
    twin = mutable_twin(Settings)
    assert list(twin.__dataclass_fields__) == list(Settings.__dataclass_fields__)
    inner = mutable_twin(ModelSettings)()
    assert (inner.family, inner.root) == ("???", "???")


def test_a_plain_tree_becomes_frozen_settings_with_the_home_folder() -> None:
    made = freeze(ModelSettings, {"family": "tiny", "root": Path("~/models"), "loras": None})
    assert made == ModelSettings(family="tiny", root=Path.home() / "models", loras=None)
