"""`wanflow notify`: what is wrong is said with its flag, before a server is asked; nobody sees an address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from flows.cli.forms import FORMS
from flows.cli.main import main, wanflow
from flows.cli.outcome import log_file, report, without_secrets
from flows.errors import UserError
from flows.runs import notifying, submitting
from flows.runs.notifying import Notified
from tests.flows.cli.conforming import faults


class Recorded:
    """In the place of a server's: who was added."""

    added: list[tuple[Any, ...]]

    def __init__(self, rest: object) -> None: ...

    def add(self, *what: Any) -> Notified:
        self.added.append(what)
        return Notified(what[0], "webhook", what[2], True, "1", "2")

    def all(self) -> list[Notified]:
        return [Notified("team", "webhook", ("done", "failed"), False, "1", "2")]


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    @contextmanager
    def reached() -> Iterator[None]:
        yield None

    Recorded.added = []
    monkeypatch.setattr(notifying, "Notifying", Recorded)
    monkeypatch.setattr(submitting, "reached", reached)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    return Recorded.added


def notify(*arguments: str) -> Result:
    return CliRunner().invoke(wanflow, ["notify", *arguments], standalone_mode=False)


def test_one_is_added_by_where_its_address_is_kept(
    added: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.example.com/SECRET")
    result = notify("add", "team", "--webhook", "env:HOOK", "--on", "done,failed")
    assert result.exception is None
    assert "team: by webhook, of done, failed" in result.output
    assert "SECRET" not in result.output
    file = tmp_path / "smtp"
    file.write_text("smtps://films:PASSWORD@mail.example.com?from=films@example.com\n")
    file.chmod(0o600)
    mail = ("--email", "a@example.com", "--email", "b@example.com", "--smtp", f"file:{file}")
    document = json.loads(notify("add", "boss", *mail, "--json").output)
    assert [*faults(document, FORMS["notify add"])] == []
    (_, hook, kinds), (_, letter, usual) = added
    assert (hook.address, kinds) == ("https://hooks.example.com/SECRET", ("done", "failed"))
    assert (letter.to, letter.port, letter.password) == (("a@example.com", "b@example.com"), 465, "PASSWORD")
    assert "skipped" not in usual
    assert "team (switched off in Prefect): by webhook, of done, failed" in notify("list").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("team",), "say how"),
        (("team", "--webhook", "https://a.org/x", "--email", "a@b.org"), "say how"),
        (("team", "--webhook", "https://a.org/x", "--smtp", "smtp://h"), "--smtp belongs to --email"),
        (("team", "--webhook", "hooks.slack.com/SECRET"), "--webhook: what is said there is no address of a webhook"),
        (("team", "--webhook", "ftp://a.org/SECRET"), "--webhook: ftp://a.org/… is no address of a webhook"),
        (("team", "--webhook", "http://a.org/SECRET"), "is not encrypted"),
        (("team", "--webhook", "https://u:SECRET@a.org/x"), "has a user in it"),
        (("team", "--webhook", "https://a.org:99999/SECRET"), "--webhook: "),
        (("team", "--webhook", "https://a.org/SEC RET"), "--webhook: "),
        (("team", "--webhook", "env:NOWHERE"), "the environment has no NOWHERE"),
        (("team", "--webhook", "file:/nowhere"), "it cannot be read"),
        (("team", "--webhook", "https://a.org/x", "--on", "done,fialed"), "did you mean failed"),
        (("team", "--email", "boss", "--smtp", "smtp://localhost"), "--email boss: this is no mail address"),
        (("team", "--email", "a@b.org"), "no server is named that takes mail"),
        (("team", "--email", "a@b.org", "--smtp", "https://h"), "--smtp: https://h/… is no address of a mail server"),
        (
            ("team", "--email", "a@b.org", "--smtp", "smtps://u:SECRET@h:99999"),
            "--smtp: smtps://h/… is no address\n    write smtps://USER:PASSWORD@HOST, or",
        ),
        (("team", "--email", "a@b.org", "--smtp", "smtps://u:SECRET@h"), "it is not said who sends"),
        (("The Team", "--webhook", "https://a.org/x"), "wanflow notify add the-team"),
    ],
)
def test_what_cannot_be_is_said_with_its_flag(
    added: list[tuple[Any, ...]], arguments: tuple[str, ...], said: str
) -> None:
    result = notify("add", *arguments)
    assert isinstance(result.exception, UserError | click.UsageError), result.exception
    assert said in str(result.exception)
    assert "SECRET" not in str(result.exception)
    assert not added


def test_a_file_that_others_may_read_is_refused(added: list[tuple[Any, ...]], tmp_path: Path) -> None:
    file = tmp_path / "hook"
    file.write_text("https://a.org/SECRET")
    file.chmod(0o644)
    result = notify("add", "team", "--webhook", f"file:{file}")
    assert "chmod 600" in str(result.exception)
    file.chmod(0o600)
    file.write_text("")
    assert "it is empty" in str(notify("add", "team", "--webhook", f"file:{file}").exception)


def test_this_machines_own_server_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert "notify.webhook=env:NAME" in str(notify("list").exception)


def test_a_command_line_that_is_kept_has_no_secret() -> None:
    line = ["notify", "add", "x", "--webhook", "https://a.org/SECRET", "--smtp=SECRET", "--on", "done"]
    assert without_secrets(line) == ["notify", "add", "x", "--webhook", "…", "--smtp=…", "--on", "done"]


@pytest.mark.parametrize(
    "line",
    [
        ["notify", "add", "team", "https://a.org/SECRET"],
        ["notify", "https://a.org/SECRET"],
        ["history", "notify.webhook=https://a.org/SECRET"],
        ["render", "paper_boat", "--bad", "notify.webhook=https://a.org/SECRET"],
        ["plan", "paper_boat", "notify.webhok=https://a.org/SECRET", "--json"],
        ["plan", "paper_boat", "notify.webhook='https://a.org/SECRET", "--json"],
    ],
)
def test_no_command_repeats_an_address(line: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(line)
    shown = capfd.readouterr()
    assert left.value.code == 2
    assert shown.err
    assert "SECRET" not in shown.err + shown.out


def test_what_breaks_is_kept_and_said_without_addresses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    line = ["render", "x", "+notify.webhook=https://a.org/SECRET", "notify.smtp=SECRET-2"]
    assert report(RuntimeError("about https://a.org/SECRET and SECRET-2"), line) == 1
    assert "about … and …" in capsys.readouterr().err
    kept = log_file().read_text()
    assert "wanflow render x +notify.webhook=… notify.smtp=…" in kept
    assert "SECRET" not in kept
