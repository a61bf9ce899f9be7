from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.config import compose
from flows.review.looks import look_settings, look_storyboard
from flows.shots import choose_variant
from flows.shots.inputs import references
from flows.shots.problems import unusable_inputs
from flows.storyboard import load_storyboard
from flows.storyboard.model import CastMember, Continuity, Format, Lora, Size, Storyboard
from tests.flows.review.reviews import STORYBOARD
from wan.families import FAMILIES


@pytest.fixture
def board(tmp_path: Path) -> Storyboard:
    (tmp_path / "boat.yaml").write_text(STORYBOARD)
    return load_storyboard(tmp_path / "boat.yaml")


@pytest.mark.parametrize(
    ("family", "own", "draft"),
    [
        ("wan22", Format(), Size(848, 480)),
        ("wan22", Format(Size(832, 480)), Size(560, 320)),
        ("wan22", Format(from_image=True), None),
        ("tiny", Format(), None),
    ],
)
def test_drafts_are_smaller_where_the_family_draws_other_sizes(
    board: Storyboard, family: str, own: Format, draft: Size | None
) -> None:
    looked = look_storyboard(replace(board, format=own), "draft", FAMILIES[family])
    assert looked is not None
    assert looked.format.size == draft
    stills = look_storyboard(replace(board, format=own), "stills", FAMILIES[family])
    assert stills is not None
    assert stills.format == own


def test_a_draft_is_of_half_the_steps_unless_fewer_were_asked_for() -> None:
    assert look_settings(compose([]).settings, "draft").render.steps_scale == 0.5
    assert look_settings(compose(["render.steps_scale=0.2"]).settings, "draft").render.steps_scale == 0.2
    stills = look_settings(compose(["film.subfolder=a", "render.takes=4"]).settings, "stills")
    assert (stills.render.steps_scale, stills.render.takes, stills.film.subfolder) == (1.0, 1, "a/review")


def test_loras_of_another_model_are_not_laid_on_a_still(board: Storyboard) -> None:
    lora = (Lora("grain"),)
    scene = replace(board.scenes[0], shots=tuple(replace(shot, loras=lora) for shot in board.shots))
    looked = look_storyboard(replace(board, scenes=(scene,)), "stills", FAMILIES["wan22"])
    assert looked is not None
    assert [shot.loras for shot in looked.shots] == [lora, (), lora]


def test_a_still_of_a_shot_that_is_shown_pictures_is_shown_them_too(board: Storyboard) -> None:
    """What draws from words alone is not given pictures that it cannot use."""
    cast = (CastMember("boat", "a white paper boat", Path("/films/boat.png")),)
    first, *others = board.shots
    by = [Continuity(first.full_id, "overlap"), Continuity(first.full_id, "reference"), Continuity(first.full_id)]
    continued = (replace(others[0], id=f"x{number}", continuity=way, cast=cast) for number, way in enumerate(by))
    scene = replace(board.scenes[0], shots=(first, *continued))
    looked = look_storyboard(replace(board, scenes=(scene,)), "stills", FAMILIES["wan22"])
    assert looked is not None
    assert [choose_variant(shot, FAMILIES["wan22"]) for shot in looked.shots[1:3]] == ["vace-fun-a14b"] * 2
    assert [bool(references(shot)) for shot in looked.shots] == [False, True, True, False]
    assert [shot.continuity for shot in looked.shots] == [None] * 4
    assert unusable_inputs(looked, FAMILIES["wan22"]) == []
