"""Sweeps: Hydra splits; each job gets its storyboard overrides as text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.config.sweep import jobs_of
from flows.errors import SettingsError

SCRIPT = """
import json, sys
from flows.config import compose
from flows.config.sweep import jobs_of
jobs, swept = jobs_of(sys.argv[1:])
for job in jobs:
    settings = compose(job.overrides, job.config_dir).settings
    print(json.dumps([job.storyboard, swept, list(job.overrides), settings.render.steps_scale]))
"""


def run(folder: Path, *arguments: str) -> tuple[int, list[Any], str]:
    """Exit code, jobs, and what else was printed."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    jobs = [json.loads(line) for line in lines if line.startswith("[")]
    return done.returncode, jobs, "\n".join(line for line in lines if not line.startswith("[")) + done.stderr


def test_a_sweep_is_every_combination(tmp_path: Path) -> None:
    code, jobs, noise = run(
        tmp_path, "storyboard=x", "render=final,draft", "storyboard.seed=1,2", "cluster.max_workers=1", "--multirun"
    )
    assert code == 0, noise
    assert noise == ""
    assert [(job[2], job[3]) for job in jobs] == [
        (["render=final", "storyboard.seed=1", "cluster.max_workers=1"], 1.0),
        (["render=final", "storyboard.seed=2", "cluster.max_workers=1"], 1.0),
        (["render=draft", "storyboard.seed=1", "cluster.max_workers=1"], 0.5),
        (["render=draft", "storyboard.seed=2", "cluster.max_workers=1"], 0.5),
    ]
    assert all(job[:2] == ["x", True] for job in jobs)
    assert not (tmp_path / "outputs").exists() or [path.name for path in (tmp_path / "outputs").iterdir()] == [".hydra"]


def test_values_of_a_sweep_are_the_texts_that_were_meant(tmp_path: Path) -> None:
    code, jobs, noise = run(tmp_path, "storyboard=x,y", "storyboard.shots.a.prompt=a red boat,'c, d'", "--multirun")
    assert (code, noise) == (0, "")
    assert [(job[0], job[2]) for job in jobs] == [
        (name, [f"storyboard.shots.a.prompt={text}"]) for name in "xy" for text in ("a red boat", "c, d")
    ]


def test_one_run_is_no_sweep_and_prompts_stay_text(tmp_path: Path) -> None:
    code, jobs, noise = run(
        tmp_path, "storyboard=films/x.yaml", "storyboard.shots.a.prompt='a, b'", "storyboard.title=016"
    )
    assert (code, noise) == (0, "")
    assert jobs == [["films/x.yaml", False, ["storyboard.shots.a.prompt='a, b'", "storyboard.title=016"], 1.0]]


def test_the_folder_of_the_store_may_be_called_its_path(tmp_path: Path) -> None:
    code, jobs, noise = run(tmp_path, "storyboard=x", "store.path=/nas/a,/nas/b", "--multirun")
    assert (code, noise) == (0, "")
    assert [job[2] for job in jobs] == [["store.address=/nas/a"], ["store.address=/nas/b"]]


def test_a_projects_configuration_is_swept_too(tmp_path: Path) -> None:
    option = tmp_path / "mine" / "render" / "third.yaml"
    option.parent.mkdir(parents=True)
    option.write_text("defaults: [final]\nsteps_scale: 0.3\n")
    code, jobs, noise = run(tmp_path, "--config-dir", "mine", "storyboard=x", "render=third,final", "-m")
    assert code == 0, noise
    assert [job[3] for job in jobs] == [0.3, 1.0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["storyboard=x", "rendr=final,draft"], "did you mean render?"),
        (["storyboard=x", "cluster.adress=a,b"], "did you mean cluster.address?"),
        (["render=draft"], "no storyboard"),
        (["storyboard=x", "hydra/launcher=joblib", "-m"], "one pool"),
    ],
)
def test_a_mistake_is_found_before_hydra_makes_a_job(arguments: list[str], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        jobs_of(arguments)
