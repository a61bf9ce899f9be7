"""Which settings and which environment the server and the run's process are given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import flows
from flows.runs.named import Named
from flows.runs.places import prefect_home, run_environment, server_environment
from flows.runs.profiles import own_settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "no-profiles"))
    for name in ("DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    return tmp_path / "home"


def test_nothing_that_is_said_on_this_machine_goes_through_a_proxy(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    here, there = Named("http://localhost:1/api", {}), Named("http://prefect.example/api", {})
    for environment in (server_environment(home), run_environment({}, home, None), run_environment({}, home, here)):
        assert not any(name.lower().endswith("_proxy") for name in environment)
    assert run_environment({}, home, there)["ALL_PROXY"] == "socks5://127.0.0.1:9"


def test_what_is_meant_for_another_server_does_not_reach_the_embedded_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "1")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql://elsewhere")
    own = {"PREFECT_API_KEY": "k", "PREFECT_LOGGING_LEVEL": "DEBUG"}
    environment = run_environment(own, home, None)
    assert environment["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert not {"PREFECT_API_KEY", "PREFECT__FLOW_RUN_ID"} & environment.keys()
    assert server_environment(home)["PREFECT_API_DATABASE_CONNECTION_URL"].startswith("sqlite")


def test_the_server_does_nothing_that_no_film_needs(home: Path) -> None:
    environment = server_environment(home)
    off = {
        name for name, value in environment.items() if name.startswith("PREFECT_SERVER_SERVICES_") and value == "false"
    }
    assert "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED" in off
    assert environment["PREFECT_HOME"] == str(home)
    assert environment["DO_NOT_TRACK"] == "1"


def test_both_find_wanflow_wherever_they_are_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    root = str(Path(flows.__file__).parents[1])
    for environment in (server_environment(home), run_environment({}, home, None)):
        assert environment["PYTHONPATH"].split(os.pathsep) == [root, "/elsewhere"]


def test_past_runs_of_all_projects_lie_in_one_place(tmp_path: Path) -> None:
    assert prefect_home() == tmp_path / "DATA" / "wanflow" / "prefect"
