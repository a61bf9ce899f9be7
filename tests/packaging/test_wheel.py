"""What `pip install .` brings: everything a person needs, and nothing of a machine's own."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = sorted((REPOSITORY / "storyboards").rglob("*"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout with the build backend that is installed: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked: a folder for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(here / "data")}
    command = [sys.executable, "-m", "flows.cli", *arguments]
    return subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_wheel_holds_configuration_examples_schema_template_and_weights(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for expected in (
        "flows/_data/conf/config.yaml",
        "flows/_data/conf/hydra/output/wanflow.yaml",
        "flows/storyboard/storyboard.schema.json",
        "flows/cli/project/gitignore",
        "flows/py.typed",
        "wan/py.typed",
        "wan/tiny/checkpoints/t2v-a14b/model_index.json",
        "wan/tiny/checkpoints/i2v-a14b/model_index.json",
        "wan/tiny/checkpoints/shared/vae/config.json",
    ):
        assert expected in names
    for file in EXAMPLES:
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".py":
            assert f"flows/_data/{file.relative_to(REPOSITORY).as_posix()}" in names


@pytest.mark.slow
def test_what_trained_and_judges_the_tiny_family_is_not_in_the_wheel(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("wan/tiny/")]
    shipped = {name for name in names if name.endswith(".py")}
    assert shipped == {f"wan/tiny/{name}.py" for name in ("__init__", "captions", "pictures", "vocabulary", "world")}


@pytest.mark.slow
def test_nothing_in_the_wheel_imports_what_is_not_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        source = {name: ast.parse(archive.read(name)) for name in archive.namelist() if name.endswith(".py")}
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in source}
    packages = modules | {module.rpartition(".")[0] for module in modules}
    lost = {
        (name, wanted)
        for name, tree in source.items()
        for node in ast.walk(tree)
        for wanted in _imported(node)
        if wanted.split(".")[0] in ("flows", "wan") and wanted not in packages
    }
    assert not lost


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


@pytest.mark.slow
def test_the_wheel_holds_nothing_of_the_machine_it_was_built_on(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for name in names:
        assert name.startswith(("flows/", "wan/", "wanflow-")), name
        assert not any(part in name for part in ("__pycache__", "conf/local", ".mypy", "outputs/", "tests/")), name


@pytest.mark.slow
def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
        entry = archive.read(next(name for name in archive.namelist() if name.endswith("entry_points.txt"))).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "wanflow = flows.cli:main" in entry


@pytest.mark.slow
def test_from_an_empty_folder_the_wheel_alone_helps_checks_and_plans(installed: Path, tmp_path: Path) -> None:
    told = run(installed, tmp_path, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert "wanflow render paper_boat" in told.stdout
    checked = run(installed, tmp_path, "check", "paper_boat")
    assert checked.returncode == 0, checked.stderr
    planned = run(installed, tmp_path, "plan", "paper_boat", "--json")
    assert planned.returncode == 0, planned.stderr
    assert str(installed) in planned.stdout
    assert str(REPOSITORY / "storyboards") not in planned.stdout
    assert run(installed, tmp_path, "init", "mine").returncode == 0
    assert run(installed, tmp_path, "plan", "mine/storyboards/my_film.yaml").returncode == 0


def test_constraints_are_plain_versions_of_every_dependency() -> None:
    import tomllib

    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pins = {}
    for line in lines:
        if not line.startswith("#"):
            name, separator, version = line.partition("==")
            assert separator, line
            assert not set(version) & set("+@/: "), line
            pins[name.lower().replace("_", "-")] = version
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["render"], *extras["dev"]]
    names = {requirement.split("[")[0].split(">")[0].split("=")[0].split("<")[0].lower() for requirement in wanted}
    assert names - {"wanflow"} <= set(pins)


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make test"


def test_shipped_configuration_is_valid_yaml_with_a_comment_on_top() -> None:
    for file in (REPOSITORY / "conf").rglob("*.yaml"):
        text = file.read_text()
        assert text.startswith("#"), file
        yaml.safe_load(text)
