"""Every command with `--json` prints one object of the form that docs/programs.md has, errors too."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from flows.cli.document import JSON_VERSION
from flows.cli.events import EVENTS
from flows.cli.forms import FORMS, Envelope
from flows.cli.main import COMMANDS
from flows.cli.main import wanflow as group
from flows.cli.render import document_of
from flows.ledger import append_rows
from flows.store import open_store
from tests.flows.cli.conforming import faults
from tests.flows.cli.test_render import PLAN, result
from tests.flows.ledger.test_history import ROW

Wanflow = Callable[..., subprocess.CompletedProcess[str]]
STORYBOARD = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n      - prompt: a white boat moves left to right\n"


def options() -> Iterator[tuple[str, set[str]]]:
    """Every command with the names of its options."""
    for name, module in COMMANDS.items():
        command = importlib.import_module(module).command
        if not isinstance(command, click.Group):
            yield name, {parameter.name or "" for parameter in command.params}
            continue
        context = click.Context(command)
        for inner in command.list_commands(context):
            known = command.get_command(context, inner)
            assert known is not None
            yield f"{name} {inner}", {parameter.name or "" for parameter in known.params}


def test_every_command_that_has_json_has_a_form_and_the_other_way_round() -> None:
    assert {name for name, known in options() if "as_json" in known} == set(FORMS) - {
        "doctor --config",
        "batch --plan",
        "history --plot",
        "sweep --plan",
        "pick SWEEP",
    }
    assert {name for name, known in options() if "as_events" in known} == {name.partition(":")[0] for name in EVENTS}


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a command in this process, in an empty folder; its document."""
    for kind in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    monkeypatch.chdir(tmp_path)
    Path("film.yaml").write_text(STORYBOARD)
    append_rows(open_store(None), [ROW])

    def run(*arguments: str) -> dict[str, Any]:
        done = CliRunner().invoke(group, [*arguments, "--json"])
        document = json.loads(done.stdout)
        assert isinstance(document, dict)
        assert document["exit_code"] == done.exit_code
        assert document["json_version"] == JSON_VERSION
        return document

    return run


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("check", ["check", "film.yaml"]),
        ("plan", ["plan", "film.yaml"]),
        ("plan", ["plan", "film.yaml", "model=wan22", "--no-weights"]),
        ("history", ["history"]),
        ("history", ["history", "--by", "week"]),
        ("history --plot", ["history", "--plot", "costs.html"]),
        ("doctor", ["doctor", "film.ffmpeg=/nowhere/ffmpeg"]),
        ("doctor --config", ["doctor", "--config"]),
        ("store status", ["store", "status"]),
        ("store compact", ["store", "compact"]),
        ("models list", ["models", "list"]),
        ("models info", ["models", "info", "tiny"]),
        ("models info", ["models", "info", "t2v-a14b"]),
        ("models verify", ["models", "verify", "tiny"]),
    ],
)
def test_a_document_is_of_its_form(ask: Callable[..., dict[str, Any]], command: str, arguments: list[str]) -> None:
    document = ask(*arguments)
    assert list(faults(document, FORMS[command])) == []
    assert document["command"] == command


def test_problems_of_check_name_their_file(ask: Callable[..., dict[str, Any]]) -> None:
    Path("film.yaml").write_text(STORYBOARD.replace("prompt:", "promt:"))
    document = ask("check", "film.yaml", "missing.yaml")
    assert list(faults(document, FORMS["check"])) == []
    assert [(each["file"], each["errors"] > 0) for each in document["files"]] == [
        ("film.yaml", True),
        ("missing.yaml", True),
    ]
    assert ("film.yaml", 5, 9) in [(each["file"], each["line"], each["column"]) for each in document["problems"]]
    assert document["problems"][-1]["file"] == "missing.yaml"


def test_a_damaged_ledger_is_a_warning_in_the_document(ask: Callable[..., dict[str, Any]]) -> None:
    store = open_store(None)
    store.put_note("ledger/20260101T120000Z-0123456789abcdef.parquet", b"PAR1")
    document = ask("history")
    assert len(document["takes"]) == 1
    assert [(each["severity"], each["code"]) for each in document["problems"]] == [("warning", "warning")]


def test_a_film_as_a_document(tmp_path: Path) -> None:
    made = document_of(PLAN, result(tmp_path))
    assert list(faults(json.loads(json.dumps(made)), FORMS["render"])) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["plan", "flim.yaml", "--json"], "storyboard"),
        (["render", "film.yaml", "rendr=final", "--events"], "settings"),
        (["plan", "--json"], "usage"),
        (["history", "store.address=/dev/null", "--json"], "environment"),
    ],
)
def test_an_error_is_a_document_too(wanflow: Wanflow, tmp_path: Path, arguments: list[str], code: str) -> None:
    (tmp_path / "here/film.yaml").write_text(STORYBOARD)
    done = wanflow(*arguments)
    document = json.loads(done.stdout)
    assert list(faults(document, Envelope)) == []
    assert (document["command"], document["exit_code"], done.returncode) == (arguments[0], 2, 2)
    assert document["problems"][0]["code"] == code
    assert "error" in done.stderr.lower()
