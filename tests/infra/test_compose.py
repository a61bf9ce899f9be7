"""The services as they are written: settings that exist, a command that is one, versions that were tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli.main import wanflow
from flows.config import compose

INFRA = Path(__file__).parents[2] / "infra"


def services(name: str = "compose.yaml") -> dict[str, Any]:
    read = yaml.safe_load((INFRA / name).read_text())["services"]
    assert isinstance(read, dict)
    return read


def test_what_is_said_to_prefect_are_settings_of_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import Settings

    for service in services().values():
        said = {key: value for key, value in service["environment"].items() if key.startswith("PREFECT_")}
        for name, value in said.items():
            monkeypatch.setenv(name, re.sub(r"\$\{[^}]*\}", "a", str(value)))
        assert said.keys() <= Settings().to_environment_variables(exclude_unset=True).keys()


def test_the_server_is_the_prefect_that_was_tested() -> None:
    pinned = next(
        line for line in (INFRA.parent / "constraints.txt").read_text().splitlines() if line.startswith("prefect==")
    )
    assert services()["prefect"]["image"].startswith(f"prefecthq/prefect:{pinned.partition('==')[2]}-")


def test_who_serves_is_started_by_a_command_with_settings_that_exist() -> None:
    for command in (services()["serve"]["command"], _unit_command()):
        program, name, *overrides = command
        assert Path(program).name == "wanflow"
        assert wanflow.get_command(wanflow.make_context("wanflow", [name]), name) is not None
        assert compose(overrides).settings.store.address


def test_every_volume_and_variable_is_there() -> None:
    text = (INFRA / "compose.yaml").read_text()
    whole = yaml.safe_load(text)
    mounted = {
        mount.partition(":")[0] for service in whole["services"].values() for mount in service.get("volumes", ())
    }
    assert {name for name in mounted if not name.startswith("$")} == set(whole["volumes"])
    example = {line.partition("=")[0] for line in (INFRA / "example.env").read_text().splitlines() if "=" in line}
    assert {name for name in example if f"${{{name}" in text} == example
    assert set(services("compose.gpu.yaml")) <= set(whole["services"])


def test_what_is_copied_into_the_image_is_there() -> None:
    lines = [line.split() for line in (INFRA / "Dockerfile").read_text().splitlines()]
    copied = [name for line in lines if line[:1] == ["COPY"] for name in line[1:-1]]
    assert {"pyproject.toml", "flows", "wan"} <= set(copied)
    assert [name for name in copied if not (INFRA.parent / name).exists()] == []


def _unit_command() -> list[str]:
    lines = (INFRA / "wanflow-serve.service").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("ExecStart=")).split()
