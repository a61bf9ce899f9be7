"""The process that tells Prefect: which settings reach it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from flows.runs import reporter
from flows.runs.messages import Answer, Ready, Refused, decode_answer
from flows.runs.named import Named
from flows.runs.places import run_environment, server_environment
from flows.runs.profiles import own_settings

API = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}


def answers(settings: Mapping[str, str], home: Path) -> list[Answer]:
    """Of one that is told nothing."""
    named = Named(API["PREFECT_API_URL"], {**API, **settings})
    process = reporter._started(named, run_environment(named.settings, home, named))
    said, _ = process.communicate(timeout=120)
    return [decode_answer(line) for line in said.splitlines()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "no-profiles"))
    for name in ("DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    return tmp_path / "home"


@pytest.mark.slow
def test_a_wrong_setting_is_refused_by_its_name(home: Path) -> None:
    (refused,) = answers({"PREFECT_API_REQUEST_TIMEOUT": "soon"}, home)
    assert isinstance(refused, Refused)
    assert refused.message.startswith("Prefect's settings: PREFECT_API_REQUEST_TIMEOUT=soon: Input should be a valid")


@pytest.mark.slow
def test_settings_of_another_project_in_the_working_folder_are_not_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prefect.toml").write_text('[api\nurl = "http')
    (tmp_path / ".env").write_text("PREFECT_API_REQUEST_TIMEOUT=soon")
    monkeypatch.chdir(tmp_path)
    assert answers({}, home) == [Ready()]


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


def test_a_process_that_cannot_be_started_costs_no_film(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*ignored: object, **options: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", fail)
    reports = reporter.Reporter()
    reports.start()
    assert reports.trouble is not None
    assert "Cannot allocate memory" in reports.trouble
    reports.close()
