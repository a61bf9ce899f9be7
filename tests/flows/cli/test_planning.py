"""Planning counts prompts while a model extends them, and is silent otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.api import Project, load
from flows.cli.planning import plan_with_progress
from tests.flows.film.filming import STORYBOARD


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    return load(str(tmp_path / "film.yaml"), [f"store.address={tmp_path / 'store'}"])


def test_without_extension_nothing_is_said(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan_with_progress(project).shots
    assert capsys.readouterr() == ("", "")


def test_prompts_are_counted_only_for_a_terminal(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extending = replace(
        project, settings=replace(project.settings, prompts=replace(project.settings.prompts, extend="api"))
    )
    asked: list[tuple[bool, int]] = []

    def plan(project: Project, *, on_prompt: Callable[[int, int], None], weights: bool) -> Any:
        for done in range(3):
            on_prompt(done, 2)
            asked.append((weights, done))
        return "a plan"

    monkeypatch.setattr("flows.api.plan", plan)
    assert plan_with_progress(extending, weights=False) == "a plan"  # type: ignore[comparison-overlap]
    assert asked == [(False, 0), (False, 1), (False, 2)]
    assert capsys.readouterr() == ("", "")
