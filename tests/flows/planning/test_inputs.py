"""What a shot brings and its variant cannot use is an error with a place and a fix, never ignored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.errors import Problem, SettingsError
from flows.storyboard.model import (
    CastMember,
    Continuity,
    Control,
    Motion,
    SamplingOverride,
)
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

Problems = Callable[..., list[Problem]]
PICTURE = Path("/films/a.png")
BOAT = CastMember("boat", "a white boat", reference=PICTURE)


@pytest.mark.parametrize(
    ("values", "variant"),
    [
        ({}, "t2v-a14b"),
        ({"image": PICTURE}, "i2v-a14b"),
        ({"image": PICTURE, "end_image": PICTURE}, "i2v-a14b"),
        ({"continuity": Continuity("river.a")}, "i2v-a14b"),
        ({"continuity": Continuity("river.a"), "end_image": PICTURE}, "i2v-a14b"),
    ],
)
def test_auto_chooses_by_what_the_shot_brings(
    values: dict[str, Any], variant: str, shot: MakeShot, film: MakeFilm, plan: MakePlan
) -> None:
    assert plan(film(shot("a"), shot("b", **values))).shots[1].variant == variant


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"audio": PICTURE, "image": PICTURE, "variant": "i2v-a14b"}, "i2v-a14b cannot use `audio`"),
        ({"motion": Motion(PICTURE), "variant": "t2v-a14b"}, "t2v-a14b cannot use `motion`"),
        ({"control": Control(PICTURE), "variant": "t2v-a14b"}, "t2v-a14b cannot use `control`"),
        ({"continuity": Continuity("river.a", "overlap", 5)}, "not rendered yet: continuity by overlap"),
        ({"continuity": Continuity("river.a", "keyframes")}, "not rendered yet: continuity by keyframes"),
        ({"continuity": Continuity("river.a", "reference")}, "not rendered yet: continuity by reference"),
        ({"variant": "t2v-14b"}, "unknown variant 't2v-14b'"),
        ({"variant": "t2v-a14b", "image": PICTURE}, "t2v-a14b cannot use `image`"),
        ({"variant": "t2v-a14b", "continuity": Continuity("river.a")}, "t2v-a14b cannot use `continuity`"),
        ({"variant": "i2v-a14b"}, "i2v-a14b needs a picture to start from"),
        ({"end_image": PICTURE}, "i2v-a14b needs a picture to start from"),
        ({"image": PICTURE, "continuity": Continuity("river.a")}, "not from both"),
        ({"cast": (BOAT,)}, "cannot use the reference of <boat>"),
        ({"sampling": SamplingOverride(solver="unpic")}, "unknown solver 'unpic'; did you mean 'unipc'?"),
    ],
)
def test_what_cannot_be_used_is_said(
    values: dict[str, Any], message: str, shot: MakeShot, film: MakeFilm, problems: Problems
) -> None:
    found = problems(film(shot("a"), shot("b", **values)))
    assert len(found) == 1, found
    assert message in found[0].message
    assert found[0].shot == "river.b"
    assert found[0].place is not None
    assert found[0].place.line == 2
    assert found[0].fix or "did you mean" in found[0].message


def test_all_problems_are_reported_at_once(shot: MakeShot, film: MakeFilm, problems: Problems) -> None:
    found = problems(
        film(
            shot("a", audio=PICTURE),
            shot("b", continuity=Continuity("river.a", "overlap", 5)),
            shot("c", end_image=PICTURE),
        )
    )
    assert [problem.shot for problem in found] == ["river.a", "river.b", "river.c"]


def test_what_the_family_has_no_weights_for_is_said(shot: MakeShot, film: MakeFilm, problems: Problems) -> None:
    found = problems(film(shot("a", variant="vace-fun-a14b", control=Control(PICTURE))), model="wan22-5b")
    assert "the wan22-5b family has no checkpoint for vace-fun-a14b" in found[0].message
    assert found[0].fix == "use model=tiny or model=wan22"


def test_a_variant_the_family_lacks_names_what_it_has(
    shot: MakeShot, film: MakeFilm, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from wan.families import FAMILIES

    only_text = replace(FAMILIES["tiny"], roles={"t2v-a14b": FAMILIES["tiny"].roles["t2v-a14b"]})
    monkeypatch.setattr("flows.resolve.look.FAMILIES", {"tiny": only_text})
    found = problems(film(shot("a", image=PICTURE)))
    assert "the tiny family has no checkpoint for i2v-a14b; it has t2v-a14b" in found[0].message
    found = problems(film(shot("long", duration=10.0)))
    assert "nothing can go on from there" in found[0].message


def test_a_reference_of_someone_in_a_picture_is_a_warning(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a", image=PICTURE, cast=(BOAT,)), shot("b", image=PICTURE, cast=(BOAT,))))
    assert any("the reference of <boat> is not used yet: 2 shots" in line for line in made.warnings)


def test_a_precision_there_is_none_of_is_a_setting_to_fix(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    with pytest.raises(SettingsError, match=r"render\.precision: 'fp7' is not one of reference, fp32, bf16"):
        plan(film(shot("a")), render={"precision": "fp7"})
    assert plan(film(shot("a")), render={"precision": "bf16"}).clips[0].spec.numerics.precision == "bf16"
