"""What a table names is brought when it is needed, and a name that is nowhere is an error that says so."""

from __future__ import annotations

import math

import pytest

from wan.variants.named import named


def test_an_object_is_found_by_its_module_and_its_name() -> None:
    assert named("math:sqrt") is math.sqrt
    assert named("builtins:str") is str


@pytest.mark.parametrize(("place", "error"), [("math:no_such", AttributeError), ("no_such_module:x", ImportError)])
def test_a_name_that_is_nowhere_is_an_error(place: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="no_such"):
        named(place)
