"""A planned shot as a workflow of ComfyUI."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.api import load
from flows.api import plan as make_plan
from flows.errors import UserError
from flows.export import export_shot
from flows.export.comfyui import find_shot
from tests.flows.export.comfy import check, clip, exported, nodes_of, plan, shot

EXAMPLES = Path(__file__).parents[3] / "storyboards"


def test_what_does_not_exist_is_the_persons_mistake() -> None:
    made = plan(shot("river.launch", clip("t2v-a14b")), shot("lake.launch", clip("t2v-a14b")))
    with pytest.raises(UserError, match=r"there is no shot drift; there are river\.launch, lake\.launch"):
        find_shot(made, "drift")
    with pytest.raises(UserError, match="several shots are called launch"):
        find_shot(made, "launch")
    with pytest.raises(UserError, match="has no take 3; it has 1"):
        export_shot(made, "lake.launch", 3)


def test_notes_travel_with_the_workflow() -> None:
    made = exported(clip("t2v-a14b"))
    (saved,) = nodes_of(made, "SaveVideo")
    assert saved["_meta"]["notes"] == list(made.notes)
    assert any("another picture" in note for note in made.notes)


@pytest.mark.parametrize(
    ("storyboard", "overrides"),
    [
        ("paper_boat", []),
        ("one_day", []),
        ("one_model", ["model=wan22-5b", "storyboard.format.size=1280x704"]),
        ("dancing", ["model=wan22"]),
        ("controlled", ["model=wan22"]),
        ("speaking", ["model=wan22", "storyboard.format.size=1024x704"]),
    ],
)
def test_every_shot_of_the_examples_can_be_exported(
    storyboard: str, overrides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    planned = make_plan(load(EXAMPLES / f"{storyboard}.yaml", overrides), weights=False)
    for each in planned.shots:
        check(export_shot(planned, each.id))
