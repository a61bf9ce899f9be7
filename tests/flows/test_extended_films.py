"""The whole way: a storyboard, an endpoint, a plan with both prompts, and the same plan when the endpoint is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import flows
from flows.cli.main import wanflow
from flows.errors import EnvironmentProblem, StoryboardError
from flows.planning import plan_to_json
from flows.planning.rows import Run, ledger_row
from tests.flows.resolve.conftest import write_checkpoints
from tests.wan.prompts.endpoint import Endpoint, Reply, extended, serving

STORYBOARD = """\
storyboard: 1
title: Two boxes
look: {style: cut-paper animation, negative: blurry}
shot_defaults: {duration: 2s}
scenes:
  - id: water
    shots:
      - {id: first, prompt: a red box rises}
      - {id: second, prompt: a red box falls, continuity: {from: previous}}
      - {id: third, prompt: a blue box falls, extend: false}
"""
FIRST, SECOND = "a red box rises, cut-paper animation", "a red box falls, cut-paper animation"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as one:
        yield one


@pytest.fixture
def overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> list[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two_boxes.yaml").write_text(STORYBOARD)
    root = write_checkpoints(tmp_path / "checkpoints")
    return [
        f"model.root={root}",
        f"store.address={tmp_path / 'store'}",
        "prompts=api",
        f"prompts.base_url={endpoint.url}",
        "prompts.model=m",
        "prompts.attempts=1",
    ]


def planned(overrides: list[str]) -> flows.Plan:
    return flows.plan(flows.load("two_boxes.yaml", overrides))


def test_a_rerun_is_the_same_film_though_the_endpoint_is_gone(overrides: list[str]) -> None:
    plan = planned(overrides)
    first, second, third = plan.shots
    assert first.prompt == first.takes[0].clips[0].spec.prompt == extended(FIRST)
    assert (first.original_prompt, second.original_prompt, third.original_prompt) == (FIRST, SECOND, None)
    assert second.takes[0].clips[0].spec.prompt == extended(SECOND)
    assert third.prompt == "a blue box falls, cut-paper animation"
    with serving() as other:
        gone = other.url
    again = planned([text for text in overrides if "base_url" not in text] + [f"prompts.base_url={gone}"])
    assert plan_to_json(again) == plan_to_json(plan)


def test_an_extended_prompt_is_another_film(overrides: list[str]) -> None:
    plan, plain = planned(overrides), planned([*overrides, "prompts.extend=off"])
    marks = [
        [take.fingerprint for shot in each.shots for take in shot.takes if shot.id != "water.third"]
        for each in (plan, plain)
    ]
    assert not set(marks[0]) & set(marks[1])
    assert plan.shots[2].takes == plain.shots[2].takes
    assert all(shot.original_prompt is None for shot in plain.shots)


def test_every_variant_is_told_its_own(overrides: list[str], endpoint: Endpoint) -> None:
    planned(overrides)
    told = {body["messages"][1]["content"].split("\n")[2]: body["messages"] for body in endpoint.requests}
    assert "60 to 200 words" in told[FIRST][0]["content"]
    assert "motion alone" in told[SECOND][0]["content"]
    assert "Must not be seen: blurry" in told[FIRST][1]["content"]


def test_nothing_is_asked_for_a_film_that_cannot_be_rendered(overrides: list[str], endpoint: Endpoint) -> None:
    Path("two_boxes.yaml").write_text(
        STORYBOARD.replace(
            "prompt: a red box falls",
            "prompt: x, sampling: {solver: dpmpp}, transition: {kind: fade_black, duration: 50s}",
        )
    )
    with pytest.raises(StoryboardError):
        planned(overrides)
    assert endpoint.requests == []


def test_an_answer_of_no_use_is_a_problem_at_its_place(overrides: list[str], endpoint: Endpoint) -> None:
    endpoint.script = [Reply("word " * 900)] * 2
    with pytest.raises(StoryboardError) as caught:
        planned(overrides)
    assert [problem.shot for problem in caught.value.problems] == ["water.first", "water.second"]
    assert "two_boxes.yaml:8:" in str(caught.value)


def test_as_configured_the_original_is_rendered_and_the_plan_says_so(overrides: list[str], endpoint: Endpoint) -> None:
    endpoint.script = [Reply("")] * 2
    plan = planned([*overrides, "prompts.on_failure=original"])
    assert [shot.prompt for shot in plan.shots[:2]] == [FIRST, SECOND]
    said = [line for line in plan.warnings if "could not be extended" in line]
    assert len(said) == 1, "the same reason is said once"
    assert "the answer was empty (shot water.first and 1 more)" in said[0]


def test_the_tiny_family_warns_that_it_knows_few_words(overrides: list[str]) -> None:
    assert any("tiny family knows few words" in line for line in planned(overrides).warnings)
    assert not any("knows few words" in line for line in planned([*overrides, "prompts.extend=off"]).warnings)


def test_plan_and_ledger_show_both(overrides: list[str]) -> None:
    from datetime import UTC, datetime

    plan = planned(overrides)
    run = Run(when=datetime.now(UTC))
    row = ledger_row(plan, plan.shots[0], (0, 0), run, "rendered")
    assert (row.spec.prompt, row.original_prompt) == (extended(FIRST), FIRST)
    row = ledger_row(plan, plan.shots[2], (0, 0), run, "rendered")
    assert row.spec.prompt == row.original_prompt == "a blue box falls, cut-paper animation"
    shots = plan_to_json(plan)["shots"]
    assert [(shot["prompt"], shot["original_prompt"]) for shot in shots] == [
        (extended(FIRST), FIRST),
        (extended(SECOND), SECOND),
        ("a blue box falls, cut-paper animation",) * 2,
    ]


def test_the_command_shows_both(overrides: list[str]) -> None:
    done = CliRunner().invoke(wanflow, ["plan", "two_boxes.yaml", *overrides])
    text = " ".join(done.output.split())
    assert f"water.first {FIRST} → {extended(FIRST)}" in text
    assert "water.third a blue box" not in text
    printed = json.loads(CliRunner().invoke(wanflow, ["plan", "two_boxes.yaml", *overrides, "--json"]).output)
    assert printed["shots"][0]["original_prompt"] == FIRST


def test_a_missing_endpoint_is_found_before_anything_is_rendered(overrides: list[str], tmp_path: Path) -> None:
    with serving() as other:
        gone = other.url
    with pytest.raises(EnvironmentProblem, match="prompts=off"):
        planned([*overrides, f"prompts.base_url={gone}"])
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("value", ["yes", "1", "no way"])
def test_extend_is_true_or_false(overrides: list[str], value: str) -> None:
    Path("two_boxes.yaml").write_text(STORYBOARD.replace("extend: false", f"extend: {value}"))
    with pytest.raises(StoryboardError, match="extend"):
        planned(overrides)
