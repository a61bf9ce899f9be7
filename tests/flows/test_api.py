"""Films from Python: load, plan, render."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import flows
from flows.api import Project, load, plan, render, store_of
from flows.errors import EnvironmentProblem, SettingsError, StoryboardError, UserError
from flows.planning import Plan, past_of
from flows.resolve.memory import remember
from flows.settings import RenderSettings
from tests.flows.batch.batches import asked, table
from tests.flows.resolve.conftest import write_checkpoints

REPOSITORY = Path(__file__).parents[2]
STORYBOARD = """\
storyboard: 1
title: Two boxes
shot_defaults: {duration: 2s}
scenes:
  - id: water
    shots:
      - {id: first, prompt: a red box rises}
      - {id: second, prompt: a red box falls, continuity: {from: previous}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "two_boxes.yaml"
    file.write_text(STORYBOARD)
    root = write_checkpoints(tmp_path / "checkpoints")
    return load(
        file, [f"model.root={root}", f"store.address={tmp_path / 'store'}", "render=draft", "storyboard.seed=3"]
    )


def test_a_storyboard_is_loaded_with_its_overrides(project: Project) -> None:
    assert project.storyboard.title == "Two boxes"
    assert project.storyboard.seed == 3
    assert project.settings.render.steps_scale == 0.5


def test_a_loaded_storyboard_can_be_planned(project: Project) -> None:
    made = plan(project)
    assert [shot.id for shot in made.shots] == ["water.first", "water.second"]
    assert made.shots[1].depends_on == ("water.first",)
    assert [take.seed for shot in made.shots for take in shot.takes] == [3, 3]
    assert not Path(store_of(project.settings).address).exists()


def test_a_storyboard_may_be_named_in_the_overrides(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(STORYBOARD)
    assert load(overrides=[f"storyboard={tmp_path / 'two.yaml'}"]).storyboard.title == "Two boxes"
    with pytest.raises(SettingsError, match="no storyboard is named"):
        load()


def test_a_storyboard_named_twice_is_no_riddle(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(STORYBOARD)
    with pytest.raises(SettingsError, match=r"storyboard=other: the storyboard is named already: .*two\.yaml"):
        load(tmp_path / "two.yaml", ["storyboard=other"])


def test_a_broken_storyboard_says_where(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(STORYBOARD.replace("prompt: a red box rises", "promt: a red box rises"))
    with pytest.raises(StoryboardError, match=r"two\.yaml:7:"):
        load(tmp_path / "two.yaml")


def test_what_is_wrong_with_a_storyboard_is_said_before_weights_are_asked_for(tmp_path: Path) -> None:
    file, empty = tmp_path / "two.yaml", tmp_path / "empty"
    empty.mkdir()
    settings = ["model=wan22", f"model.root={empty}", f"store.address={tmp_path / 'store'}"]
    (tmp_path / "walk.mp4").write_bytes(b"\0" * 4 + b"ftypisom")
    file.write_text(STORYBOARD + "      - {id: third, prompt: a person walks, motion: {video: walk.mp4}}\n")
    with pytest.raises(StoryboardError, match=r"two\.yaml:9:.*needs a picture to start from") as caught:
        plan(load(file, settings))
    # and what is missing here comes with it: nothing hides anything else
    missing = "\n".join(str(problem) for problem in caught.value.problems if problem.place is None)
    for name in ("t2v-a14b", "i2v-a14b", "animate-14b", "animate-pose"):
        assert f"models pull {name}" in missing
    file.write_text(STORYBOARD)
    with pytest.raises(EnvironmentProblem, match=r"pull t2v-a14b(.|\n)*pull i2v-a14b"):
        plan(load(file, settings))


def test_after_a_film_the_next_plan_says_what_changed(project: Project) -> None:
    root, store = project.settings.model.root, project.settings.store.address
    edit = "storyboard.shots.first.prompt=a blue box rises"
    edited = load(project.storyboard.path, [f"model.root={root}", f"store.address={store}", edit])
    original = load(project.storyboard.path, [f"model.root={root}", f"store.address={store}"])

    def reasons() -> list[str]:
        return [take.why for shot in plan(edited).shots for take in shot.takes]

    assert reasons() == ["new shot", "new shot"]
    remember(store_of(original.settings), original.storyboard, past_of(plan(original)))
    assert reasons() == ["prompt changed", "upstream water.first changed"]


def test_a_family_that_is_not_here_can_be_planned_without_its_weights(project: Project, tmp_path: Path) -> None:
    absent = load(project.storyboard.path, ["model=wan22", f"model.root={tmp_path}", f"store.address={tmp_path / 's'}"])
    with pytest.raises(EnvironmentProblem, match="pull t2v-a14b"):
        flows.plan(absent)
    made = flows.plan(absent, weights=False)
    assert [shot.variant for shot in made.shots] == ["t2v-a14b", "i2v-a14b"]
    with pytest.raises(UserError, match="made without weights"):
        flows.render(made)


def test_the_package_offers_them(project: Project) -> None:
    assert flows.load is load
    assert flows.render is render
    assert flows.Plan is Plan
    assert flows.plan(project) == plan(project)
    assert {"load", "plan", "render"} <= set(dir(flows))
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        _ = flows.rendr


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60).stdout


def test_plan_is_the_function_whatever_was_imported_first() -> None:
    code = "import flows.planning.model; from flows import plan; print(plan.__module__)"
    assert run(code).strip() == "flows.project"


def test_planning_imports_nothing_heavy(project: Project) -> None:
    code = f"""
import sys
from flows import load, plan
from flows.planning import plan_to_json
plan_to_json(plan(load({str(project.storyboard.path)!r}, ["model.root={project.settings.model.root}"])))
print(sorted(set(sys.modules) & {{"torch", "ray", "prefect", "pyarrow", "diffusers", "transformers", "av"}}))
"""
    assert run(code).strip() == "[]"


def test_what_this_machine_cannot_do_is_said_only_when_something_is_to_be_rendered(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.resolve.machine.find_gpus", tuple)
    eight_bits = replace(project, settings=replace(project.settings, render=_render(project, precision="fp8")))
    with pytest.raises(EnvironmentProblem, match="precision=fp8 multiplies in eight bits"):
        plan(eight_bits)
    everything = frozenset(clip.fingerprint for clip in plan(eight_bits, weights=False).clips)
    monkeypatch.setattr("flows.store.Store.finished", lambda self, asked: everything & frozenset(asked))
    monkeypatch.setattr("flows.resolve.look._World._checkpoints", lambda *_: ({}, []))
    assert plan(eight_bits).totals.cached == 2


def _render(project: Project, **values: Any) -> RenderSettings:
    return replace(project.settings.render, **values)


def test_a_batch_from_python_is_planned_whole_and_not_rendered_without_weights(tmp_path: Path) -> None:
    batch = asked(tmp_path, table(["product"], ["boat"], ["kite"]))
    planned = flows.plan_batch(batch, weights=False)
    assert (planned.totals.films, planned.totals.shared) == (2, 1)
    with pytest.raises(UserError, match="without weights"):
        flows.render_batch(planned)
    assert not (tmp_path / "outputs").exists()
