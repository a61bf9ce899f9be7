"""The process that tells Prefect: which settings reach it."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from flows.runs import process as module
from flows.runs import reporter
from flows.runs.messages import Answer, Lost, Opened, Ready, Refused, decode_answer
from flows.runs.named import Named
from flows.runs.places import run_environment
from flows.runs.profiles import own_settings
from tests.httpx_errors import ERRORS, made

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


def _errors_of_prefect() -> list[type[BaseException]]:
    """All of its own, and those of what it speaks over."""
    from prefect import exceptions

    own = (kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, BaseException))
    return [*(kind for kind in own if kind.__module__ == exceptions.__name__), *ERRORS]


def test_every_error_of_prefect_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever Prefect raises while it is told, the film's process hears one last answer that says what it was."""
    kinds = _errors_of_prefect()
    assert len(kinds) > 40
    for kind in kinds:
        error = _made(kind)

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        said: list[Answer] = []
        monkeypatch.setattr(module, "_run", fail)
        monkeypatch.setattr(module, "_Answers", lambda said=said: _Kept(said))
        monkeypatch.setattr(module, "Feed", lambda _: _Opened())
        monkeypatch.setattr(module, "_server", lambda _: Named("http://127.0.0.1:9/api", {}))
        monkeypatch.setattr(module, "watch_life", lambda *_: None)
        monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)
        monkeypatch.setenv("PREFECT_API_URL", "")
        module.main(embedded=False)
        assert [type(answer) for answer in said] == [Ready, Lost], kind
        assert isinstance(said[-1], Lost)
        assert said[-1].message.startswith(f"{kind.__name__}: ")


def _made(kind: type[BaseException]) -> BaseException:
    """One of that kind, whatever it asks for."""
    if issubclass(kind, httpx.HTTPError | httpx.InvalidURL):
        return made(kind)
    try:
        return kind("gone")
    except TypeError:  # the error of a script, and its path
        return kind(ValueError("gone"), "script.py")


class _Kept:
    """Answers that are kept here; the last one ends nothing."""

    def __init__(self, said: list[Answer]) -> None:
        self.say = said.append
        self.leave = said.append


class _Opened:
    """The feed of a film that has begun."""

    ending = threading.Event()

    def opening(self) -> Opened:
        return Opened("A film", "film.yaml", "0" * 64)
