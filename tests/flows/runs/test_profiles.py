"""What a person has told Prefect, and what others have that lies about."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem
from flows.runs.profiles import named_setting, own_settings

URL = "PREFECT_API_URL"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*own_settings(), "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


def test_the_active_profile_counts_and_the_environment_more(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "profiles.toml").write_text(
        'active = "team"\n[profiles.team]\nPREFECT_API_URL = "http://team/api"\nPREFECT_API_KEY = "k"\n'
        '[profiles.other]\nPREFECT_API_URL = "http://other/api"\n'
    )
    assert own_settings()[URL] == "http://team/api"
    monkeypatch.setenv(URL, "http://mine/api")
    assert (own_settings()[URL], own_settings()["PREFECT_API_KEY"]) == ("http://mine/api", "k")
    monkeypatch.setenv(URL, " ")
    monkeypatch.setenv("PREFECT_PROFILE", "other")
    assert own_settings()[URL] == "http://other/api"


def test_profiles_that_prefect_ships_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert URL not in own_settings()
    monkeypatch.setenv("PREFECT_PROFILE", "local")
    assert own_settings()[URL] == "http://127.0.0.1:4200/api"


def test_a_profile_that_is_not_there_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "profiles.toml").write_text('active = "gone"')
    with pytest.raises(EnvironmentProblem, match=r"profiles\.toml: active: there is no profile 'gone'"):
        own_settings()
    monkeypatch.setenv("PREFECT_PROFILE", "lost")
    with pytest.raises(EnvironmentProblem, match="PREFECT_PROFILE: there is no profile 'lost'"):
        own_settings()


@pytest.mark.parametrize("text", ['active = "x', 'active = "a"\nprofiles = 3', 'active = "a"\nprofiles.a = 3'])
def test_a_file_that_cannot_be_read_is_named(home: Path, text: str) -> None:
    (home / "profiles.toml").write_text(f"{text}\n")
    with pytest.raises(EnvironmentProblem, match=r"Prefect's settings: .*profiles\.toml: "):
        own_settings()


def test_the_working_folder_is_another_projects(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/prefect.toml").write_text('[api\nurl = "http')
    (tmp_path / "here/.env").write_text("PREFECT_API_URL=http://theirs/api")
    monkeypatch.chdir(tmp_path / "here")
    assert URL not in own_settings()


def test_what_a_flow_run_tells_its_process_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "1")
    assert "PREFECT__FLOW_RUN_ID" not in own_settings()


def test_a_field_is_called_by_its_variable() -> None:
    settings = {"PREFECT_A_LEVEL": "INFO", "PREFECT_LOGGING_LEVEL": "verbose"}
    assert named_setting(["level"], "verbose", settings) == "PREFECT_LOGGING_LEVEL=verbose"
    assert named_setting(["api", "url"], 3, settings) == "api.url=3"
