"""What is installed where, and what is said where something is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flows import extras
from flows.errors import EnvironmentProblem

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys

class Missing:
    names = set(sys.argv.pop(1).split(","))

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from flows.cli import main
main(sys.argv[1:])
"""
OF_RENDER = (
    *("accelerate", "diffusers", "fastapi", "ffmpeg", "ftfy", "huggingface_hub", "imageio_ffmpeg", "onnxruntime"),
    *(
        "prefect",
        "pydantic",
        "ray",
        "safetensors",
        "sqlalchemy",
        "starlette",
        "tokenizers",
        "torch",
        "transformers",
        "uvicorn",
    ),
)
"""As they are imported."""


def wanflow(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine without what renders."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(OF_RENDER), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder), "PREFECT_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_extra_is_all_that_is_left_out_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert len(project["optional-dependencies"][extras.RENDER]) == len(OF_RENDER)


@pytest.mark.parametrize("arguments", [["plan", "paper_boat"], ["check", "speaking", "controlled", "dancing"]])
def test_plans_and_checks_need_nothing_that_renders(tmp_path: Path, arguments: list[str]) -> None:
    done = wanflow(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr


def test_a_submission_needs_nothing_that_renders_but_a_server_by_name(tmp_path: Path) -> None:
    done = wanflow(tmp_path, "submit", "paper_boat")
    assert (done.returncode, "pip install 'wanflow[render]'" in done.stderr) == (2, True), done.stderr


def test_what_is_missing_for_an_import_is_said_with_the_fix(tmp_path: Path) -> None:
    done = wanflow(tmp_path, "plan", "paper_boat", "prompts=local")
    assert done.returncode == 2
    assert "broke" not in done.stderr


def test_packages_of_the_extra_alone_are_asked_for() -> None:
    asked = [
        "torch-not-there>=2 ; extra == 'render'",
        "click>=8",
        "none ; extra == 'dev'",
        'ray_no[x]>1; extra == "render"',
    ]
    assert list(extras.missing(asked)) == ["torch-not-there", "ray_no"]


def test_a_render_without_them_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [f"no-{name} ; extra == 'render'" for name in ("torch", "ray", "av")]
    monkeypatch.setattr(extras, "requires", lambda name: asked)
    with pytest.raises(
        EnvironmentProblem, match=r"no-torch, no-ray and 1 more are.*\n.*pip install 'wanflow\[render\]'"
    ):
        extras.check_can_render()
