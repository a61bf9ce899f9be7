"""Sweeps: Hydra splits, names and counts; each job gets its storyboard overrides as text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.config.sweep import subfolder, sweep
from flows.errors import SettingsError

SCRIPT = """
import json, sys
from flows.config import compose
from flows.config.sweep import sweep
def render(job):
    settings = compose(job.overrides, job.config_dir).settings
    read = [settings.film.subfolder, settings.render.steps_scale]
    print(json.dumps([job.storyboard, job.subfolder, list(job.overrides), *read]))
    if "seed=13" in str(job.overrides):
        job.codes.append(1)
sys.exit(sweep(sys.argv[1:], render))
"""


def run(folder: Path, *arguments: str) -> tuple[int, list[Any], str]:
    """Exit code, jobs, and what else was printed."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    jobs = [json.loads(line) for line in lines if line.startswith("[")]
    return done.returncode, jobs, "\n".join(line for line in lines if not line.startswith("[")) + done.stderr


def test_a_sweep_renders_every_combination_into_a_folder_of_its_own(tmp_path: Path) -> None:
    code, jobs, noise = run(
        tmp_path, "storyboard=x", "render=final,draft", "storyboard.seed=1,2", "cluster.max_workers=1", "--multirun"
    )
    assert code == 0, noise
    assert noise == ""
    assert [(job[1], job[4]) for job in jobs] == [
        ("render=final,seed=1", 1.0),
        ("render=final,seed=2", 1.0),
        ("render=draft,seed=1", 0.5),
        ("render=draft,seed=2", 0.5),
    ]
    assert all(job[0] == "x" and job[1] == job[3] for job in jobs)
    assert "storyboard.seed=2" in jobs[1][2]
    assert not (tmp_path / "outputs").exists() or [path.name for path in (tmp_path / "outputs").iterdir()] == [".hydra"]


def test_one_run_needs_no_folder_and_prompts_stay_text(tmp_path: Path) -> None:
    code, jobs, noise = run(
        tmp_path, "storyboard=films/x.yaml", "storyboard.shots.a.prompt='a, b'", "storyboard.title=016"
    )
    assert (code, noise) == (0, "")
    assert jobs == [["films/x.yaml", None, ["storyboard.shots.a.prompt='a, b'", "storyboard.title=016"], None, 1.0]]


def test_the_folder_of_the_store_may_be_called_its_path(tmp_path: Path) -> None:
    code, jobs, noise = run(tmp_path, "storyboard=x", "store.path=/nas/a,/nas/b", "--multirun")
    assert (code, noise) == (0, "")
    assert [[text for text in job[2] if text.startswith("store")] for job in jobs] == [
        ["store.address=/nas/a"],
        ["store.address=/nas/b"],
    ]


def test_one_failing_variation_does_not_stop_the_others(tmp_path: Path) -> None:
    code, jobs, _ = run(tmp_path, "storyboard=x", "storyboard.seed=12,13,14", "-m")
    assert code == 1
    assert len(jobs) == 3


def test_a_projects_configuration_is_swept_too(tmp_path: Path) -> None:
    option = tmp_path / "mine" / "render" / "third.yaml"
    option.parent.mkdir(parents=True)
    option.write_text("defaults: [final]\nsteps_scale: 0.3\n")
    code, jobs, noise = run(tmp_path, "--config-dir", "mine", "storyboard=x", "render=third,final", "-m")
    assert code == 0, noise
    assert [job[4] for job in jobs] == [0.3, 1.0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["storyboard=x", "rendr=final,draft"], "did you mean render?"),
        (["storyboard=x", "cluster.adress=a,b"], "did you mean cluster.address?"),
        (["render=draft"], "no storyboard"),
    ],
)
def test_a_mistake_is_found_before_any_job_starts(arguments: list[str], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        sweep(arguments, lambda job: pytest.fail("a job was started"))


def test_names_of_variations_are_safe_and_short() -> None:
    assert subfolder(["storyboard.seed=3", "model=tiny"]) == "seed=3,model=tiny"
    assert subfolder(["storyboard.title='../../etc'"]) == "title=-..-..-etc"
    long = subfolder([f"storyboard.shots.{'a' * 90}.prompt=1"])
    assert len(long) <= 80
    assert long != subfolder([f"storyboard.shots.{'a' * 90}.prompt=2"])
