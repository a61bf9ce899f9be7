"""Past takes, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.forms import FORMS
from flows.cli.history import COLUMNS, command
from flows.ledger import append_rows
from flows.store import open_store
from tests.flows.cli.conforming import faults
from tests.flows.cli.conftest import Wanflow
from tests.flows.ledger.test_history import ROW


def test_history_of_an_empty_store_says_how_to_begin(wanflow: Wanflow, tmp_path: Path) -> None:
    done = wanflow("history")
    assert (done.returncode, done.stderr) == (0, "")
    assert "wanflow render paper_boat" in done.stdout
    assert json.loads(wanflow("history", "--json").stdout)["takes"] == []


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A store with two rows: a take of one clip, and one that failed."""
    path = tmp_path / "store"
    other = replace(ROW, shot="river.drift", take=2, clip=3, status="failed", seconds={}, scores={})
    append_rows(open_store(str(path)), [ROW, other])
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_takes_are_listed_with_how_they_ended(ledger: Path) -> None:
    head, *rows = run(f"store.address={ledger}").splitlines()
    assert head.split() == [*COLUMNS]
    (failed,) = [row for row in rows if "river.drift" in row]
    assert {"2.3", "failed", "-"} <= set(failed.split())


def test_rows_are_chosen_and_none_is_said(ledger: Path) -> None:
    assert "river.drift" not in run(f"store.address={ledger}", "--status", ROW.status)
    assert "No take is like that" in run(f"store.address={ledger}", "--shot", "nowhere")


def test_programs_read_whole_rows(ledger: Path) -> None:
    document = json.loads(run(f"store.address={ledger}", "--json"))
    assert list(faults(document, FORMS["history"])) == []
    assert {take["status"] for take in document["takes"]} == {ROW.status, "failed"}
