"""How a shot is sampled and computed, and what there is none of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.errors import Problem, SettingsError
from flows.storyboard.model import SamplingOverride
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot


def test_a_solver_there_is_none_of_is_said_at_its_shot(
    shot: MakeShot, film: MakeFilm, problems: Callable[..., list[Problem]]
) -> None:
    (found,) = problems(film(shot("a"), shot("b", sampling=SamplingOverride(solver="unpic"))))
    assert found.message == "unknown solver 'unpic'; did you mean 'unipc'?"
    assert (found.shot, found.place and found.place.line) == ("river.b", 2)


def test_a_precision_there_is_none_of_is_a_setting_to_fix(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    with pytest.raises(SettingsError, match=r"render\.precision: 'fp7' is not one of reference, fp32, bf16"):
        plan(film(shot("a")), render={"precision": "fp7"})
    assert plan(film(shot("a")), render={"precision": "bf16"}).clips[0].spec.numerics.precision == "bf16"


def test_a_kernel_there_is_none_of_is_a_setting_to_fix(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    with pytest.raises(SettingsError, match=r"render\.attention: there is no kernel 'sdp'; did you mean sdpa"):
        plan(film(shot("a")), render={"attention": "sdp"})
