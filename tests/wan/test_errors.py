from __future__ import annotations

import re

import pytest

from wan import errors
from wan.errors import Cancelled, ModelUnavailable, NumbersError, PromptError, WanError


def drawn() -> dict[str, str]:
    """Each error of the module's own drawing, and what it hangs on."""
    parents: list[str] = ["WanError"]
    found = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│ ]*)[├└]── (\w+) ", line)
        if match:
            depth = len(match[1]) // 4 + 1
            parents[depth:] = [match[2]]
            found[match[2]] = parents[depth - 1]
    return found


def test_the_tree_is_the_one_that_the_module_draws() -> None:
    classes = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and kind is not WanError}
    made = {name: kind.__bases__[0].__name__ for name, kind in classes.items() if issubclass(kind, WanError)}
    assert drawn() == made


def test_errors_carry_what_is_done_about_them() -> None:
    assert NumbersError("x").source == "unknown"
    assert NumbersError("x", "lora").source == "lora"
    assert PromptError("x").again
    assert ModelUnavailable("x", again=False, after=3.0).after == 3.0


def test_a_stopped_clip_says_how_far_it_came() -> None:
    class Reached:
        step = 7

    with pytest.raises(Cancelled, match="stopped after step 7") as caught:
        raise Cancelled(Reached())
    assert caught.value.state.step == 7
