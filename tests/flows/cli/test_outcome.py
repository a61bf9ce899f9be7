"""Every outcome has one exit code, and says what to do."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from flows.cli.outcome import exit_code_of, log_file, report, spared
from flows.errors import (
    EditError,
    EnvironmentProblem,
    Lacking,
    Place,
    Problem,
    RenderError,
    SettingsError,
    Stopped,
    StoreError,
    StoryboardError,
)
from wan.errors import CheckpointError, HubError, HubRefusal, NoHome, RequestError, StateError

PROBLEM = Problem(
    Place("film.yaml", 3, 5), "unknown key 'promt'", "did you mean prompt?", "river.launch", "    promt: x"
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoryboardError([PROBLEM]), 2),
        (SettingsError("rendr"), 2),
        (EnvironmentProblem("no space"), 2),
        (Lacking(["no checkpoint"]), 2),
        (CheckpointError("no model_index.json"), 2),
        (NoHome("no home folder"), 2),
        (RequestError("width"), 2),
        (click.UsageError("no such option"), 2),
        (RenderError("river.launch"), 1),
        (StoreError("unreadable"), 1),
        (EditError("ffmpeg"), 1),
        (StateError("other request"), 1),
        (HubError("cut off"), 1),
        (HubRefusal("no room"), 2),
        (Stopped("stopped"), 130),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (SystemExit(3), 3),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert report(error) == code


def test_everything_that_is_missing_is_an_error_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    report(Lacking(["no checkpoint\n    fetch it", "no GPU\n    use another"]))
    told = capsys.readouterr().err.splitlines()
    assert told == ["error: no checkpoint", "    fetch it", "error: no GPU", "    use another"]


def test_a_problem_is_shown_with_its_line_and_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    report(StoryboardError([PROBLEM, PROBLEM]))
    told = capsys.readouterr().err
    assert told.count("error: film.yaml:3:5: shot river.launch: unknown key 'promt'") == 2
    assert "        promt: x\n        ^" in told
    assert "did you mean prompt?" in told


def test_a_mistake_of_ours_is_brief_and_its_story_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as end, exit_code_of(["render", "x"], debug=False):
        raise ZeroDivisionError("of ours")
    told = capsys.readouterr().err
    assert end.value.code == 1
    assert "ZeroDivisionError: of ours" in told
    assert "Traceback" not in told
    kept = (tmp_path / "wanflow/error.log").read_text()
    assert kept.startswith("wanflow render x\n")
    assert "Traceback" in kept


def test_its_story_is_kept_in_no_folder_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    assert log_file().is_absolute()


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), exit_code_of([], debug=True):
        raise SettingsError("wrong")
    assert "Traceback" in capsys.readouterr().err


def test_what_is_too_short_to_be_a_secret_does_not_hide_the_words_it_stands_in() -> None:
    said = "--webhook env:: it does not say where\n    write env:NAME, or file:PATH"
    assert spared(said, ["notify", "add", "team", "--webhook", "env:"]) == said
    assert spared("no env:HOOK", ["notify", "add", "team", "--webhook", "env:HOOK"]) == "no …"
