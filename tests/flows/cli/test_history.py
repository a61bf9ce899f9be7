"""Past takes, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.cli.forms import FORMS
from flows.cli.history import COLUMNS, command
from flows.errors import EnvironmentProblem
from flows.ledger import LedgerRow, append_rows
from flows.store import open_store
from tests.flows.cli.conforming import faults
from tests.flows.cli.conftest import Wanflow
from tests.flows.ledger.test_history import ROW


def test_history_of_an_empty_store_says_how_to_begin(said: Wanflow, tmp_path: Path) -> None:
    done = said("history")
    assert (done.returncode, done.stderr) == (0, "")
    assert "wanflow render paper_boat" in done.stdout
    assert json.loads(said("history", "--json").stdout)["takes"] == []


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


NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def spent(tmp_path: Path) -> Path:
    """Two weeks of two films, with what they cost."""

    def row(day: int, film: str, seconds: float, **values: object) -> LedgerRow:
        named = {"slug": film, "cost": seconds / 1000, "currency": "EUR", "attempts": 1, "user": "ana", **values}
        return replace(ROW, when=NOVEMBER + timedelta(days=day), film=film, used_seconds=seconds, **named)  # type: ignore[arg-type]

    path = tmp_path / "store"
    rows = [
        row(0, "boat", 3600.0, model="wan22", gpu="NVIDIA H200"),
        row(1, "boat", 1800.0, failed_seconds=600.0, repeated_seconds=300.0, user="bo"),
        row(7, "kite", 7200.0, batch="spring", status="failed", failed_seconds=7200.0),
        row(8, "kite", 60.0, batch="spring", cost=None, currency=""),
    ]
    append_rows(open_store(str(path)), rows)
    return path


def sums(store: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    document = json.loads(run(f"store.address={store}", "cost.timezone=UTC", *arguments, "--json"))
    assert list(faults(document, FORMS["history"])) == []
    assert document["takes"] == []
    return {one["of"]: one for one in document["sums"]}


@pytest.mark.parametrize(
    ("by", "seconds"),
    [
        ("film", {"spring/kite": 7260.0, "boat": 5400.0}),
        ("week", {"2026-W45": 5400.0, "2026-W46": 7260.0}),
        ("month", {"2026-11": 12660.0}),
        ("person", {"ana": 10860.0, "bo": 1800.0}),
        ("batch", {"spring": 7260.0, "(no batch)": 5400.0}),
        ("gpu", {"(no GPU)": 9060.0, "NVIDIA H200": 3600.0}),
        ("model", {"(unknown)": 9060.0, "wan22": 3600.0}),
        ("variant", {"t2v-a14b": 12660.0}),
    ],
)
def test_sums_by_what_is_asked_for(spent: Path, by: str, seconds: dict[str, float]) -> None:
    found = sums(spent, "--by", by)
    assert {name: one["used_seconds"] for name, one in found.items()} == seconds
    assert list(found) == list(seconds), "the dearest first, or in their order"


def test_films_of_a_batch_are_told_apart_though_they_have_one_title(spent: Path) -> None:
    films = [replace(ROW, slug=slug, batch="spots", film="Spot", used_seconds=9.0) for slug in ("a-1", "a-2")]
    append_rows(open_store(str(spent)), films)
    text = run(f"store.address={spent}", "--by", "film", "--batch", "spots")
    assert [line.split()[0] for line in text.splitlines()[1:3]] == ["spots/a-1", "spots/a-2"]
    assert "spots/a-2" in run(f"store.address={spent}", "--film", "spots/a-2")
    assert "spots/a-1" not in run(f"store.address={spent}", "--film", "spots/a-2")


def test_a_sum_says_what_was_wasted_and_what_had_no_price(spent: Path) -> None:
    found = sums(spent, "--by", "film")
    assert (found["boat"]["failed_seconds"], found["boat"]["repeated_seconds"]) == (600, 300)
    assert found["spring/kite"]["unpriced_seconds"] == 60
    assert found["boat"]["cost"] == {"EUR": pytest.approx(5.4)}
    text = run(f"store.address={spent}", "--by", "film")
    assert "in all used 3 h 31 min, 12.60 EUR; of it wasted: failed 2 h 10 min, repeated 5 min 00 s" in text
    assert "7.20 EUR *" in text
    assert "1 min 00 s of it had no price: cost.gpu_hour, cost.worker_hour" in text


@pytest.mark.parametrize(
    ("since", "until"), [("2026-12-01", "2026-11-01"), ("2026-11-01T18:00", "2026-11-01T18:00"), ("1d", "2d")]
)
def test_a_time_that_ends_before_it_begins_is_refused(since: str, until: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    result = CliRunner().invoke(command, [f"store.address={store}", "--since", since, "--until", until])
    assert result.exit_code == 2
    assert "is not before --until " in result.output
    assert not store.exists()


@pytest.mark.parametrize(
    ("options", "films"),
    [
        (["--since", "2026-11-09"], {"spring/kite"}),
        (["--until", "2026-11-02"], {"boat"}),
        (["--since", "2026-11-03", "--until", "2026-11-03"], {"boat"}),
        (["--person", "bo"], {"boat"}),
        (["--batch", "spring"], {"spring/kite"}),
        (["--failed"], {"boat", "spring/kite"}),
        (["--failed", "--status", "failed"], {"spring/kite"}),
        (["--model", "wan22"], {"boat"}),
        (["--variant", "i2v-a14b"], set()),
        (["--film", "kite"], {"spring/kite"}),
        (["--film", "spring/kite"], {"spring/kite"}),
        (["--film", "autumn/kite"], set()),
    ],
)
def test_what_is_summed_is_chosen(spent: Path, options: list[str], films: set[str]) -> None:
    assert set(sums(spent, "--by", "film", *options)) == films


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "7", "-7d", ""])
def test_a_date_that_is_none_is_named_with_its_option(option: str, text: str) -> None:
    result = CliRunner().invoke(command, [f"{option}={text}"])
    assert result.exit_code == 2
    assert f"{option} {text}" in result.output
    assert "write 2026-11-01" in result.output


def test_an_unknown_sum_is_refused() -> None:
    result = CliRunner().invoke(command, ["--by", "colour"])
    assert result.exit_code == 2
    assert "'film', 'batch', 'week'" in result.output


def test_a_page_that_cannot_be_written_is_said(spent: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"--plot .*nowhere/a\.html: cannot be written"):
        CliRunner().invoke(
            command, [f"store.address={spent}", "--plot", str(tmp_path / "nowhere" / "a.html")], catch_exceptions=False
        )
