"""The process that tells Prefect: which settings reach it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from flows.runs import reporter
from flows.runs.messages import Answer, Ready, Refused, decode_answer
from flows.runs.named import Named
from flows.runs.places import run_environment
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


def test_a_process_that_cannot_be_started_costs_no_film(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*ignored: object, **options: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", fail)
    reports = reporter.Reporter()
    reports.start()
    assert reports.trouble is not None
    assert "Cannot allocate memory" in reports.trouble
    reports.close()
