"""Batches against their caps: refused before, stopped on the way, gone on with, and what each film cost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.make import BatchResult, make_batch
from flows.batch.plan import plan_batch
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.errors import TableError, UserError
from flows.events import BudgetLow, Log
from flows.ledger import Chosen, read_history
from flows.planning.model import Clip, Totals
from flows.store import open_store
from tests.flows.batch.batches import asked, table
from tests.flows.film.filming import with_clips
from tests.flows.film.reading import cut

pytestmark = pytest.mark.slow
SECOND = "cost.worker_hour=3600"
"""A second of a worker costs 1."""
BY_ONE = "cluster.max_workers=1"


def _unloaded(totals: Totals) -> Totals:
    """The stub has nothing to load."""
    return replace(totals, loads={})


def _expecting(seconds: float, clip: Clip) -> Clip:
    return replace(clip, estimated_seconds=seconds, estimated_low=seconds, estimated_high=seconds)


def made(
    folder: Path,
    *overrides: str,
    seconds: float = 0.0,
    expected: float | None = None,
    on_event: Callable[[BatchEvent], None] | None = None,
) -> BatchResult:
    """`seconds` is what each clip takes, `expected` what is thought that it takes; None: by the ledger."""
    rows = table(["product"], ["boat"], ["kite"], ["star"], ["sun"])
    plan = plan_batch(asked(folder, rows, overrides=[SECOND, "cost.currency=EUR", BY_ONE, *overrides]))
    unloaded = tuple(replace(each, plan=replace(each.plan, totals=_unloaded(each.plan.totals))) for each in plan.films)
    if expected is not None:
        unloaded = tuple(replace(each, plan=with_clips(each.plan, partial(_expecting, expected))) for each in unloaded)
    plan = replace(plan, films=unloaded)
    return make_batch(plan, on_event=on_event, renderer=RendererSpec("stub", {"seconds": seconds}))


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (
            "cost.cap.film=0.01",
            r"rows\.csv: 4 of one kind, in rows 2-5\n    row 2: cost\.cap\.film=0\.01: the film 'boat' may take up to ."
            r"* \(about .*\n    row 3: (.*\n)+    cost\.cap\.film=.* allows them, or render less: leave films out, "
            r"--draft$",
        ),
        (
            "cost.cap.batch=0.01",
            r"cost\.cap\.batch=0\.01: the batch 'film-rows' may take up to .*\n.*: fewer films, --draft$",
        ),
        ("cost.cap.month=0.00001h", r"cost\.cap\.month=1e-05h: the batch 'film-rows' may take up to .* GPU h"),
    ],
)
def test_what_could_pass_a_cap_is_refused_before_anything_is_begun(cap: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        made(tmp_path, cap)
    assert read_history(open_store(str(tmp_path / "store"))) == []
    assert not (tmp_path / "outputs" / "film-rows" / "boat").exists()


def test_a_batch_that_reaches_its_cap_keeps_what_is_made_and_goes_on(ray_here: RaySession, tmp_path: Path) -> None:
    quick = made(tmp_path, seconds=0.3)  # what its clips take is in the ledger now
    assert quick.complete
    assert all(entry.gpu_seconds > 0.2 for entry in quick.entries if entry.rendered)
    whole = json.loads(quick.manifest.read_text())["films"]
    assert sum(film["cost"] for film in whole) == pytest.approx(sum(film["gpu_seconds"] for film in whole))
    assert {row["currency"] for row in pq.read_table(quick.parquet).to_pylist()} == {"EUR"}
    assert " EUR</span>" in quick.gallery.read_text()
    used = sum(row.used_seconds for row in read_history(open_store(str(tmp_path / "store")), Chosen(batch="film-rows")))
    assert used == pytest.approx(sum(film["gpu_seconds"] for film in whole), abs=0.05)

    slower = ["storyboard.seed=9", "storyboard.shots.own.seed=9"]
    stopped = made(tmp_path, *slower, "cost.cap.batch=6", seconds=1.6, expected=0.4)
    states = [entry.state for entry in stopped.entries]
    assert states.count("stopped") >= 1, states
    assert states.count("made") >= 1, states
    assert not stopped.complete
    late = next(entry for entry in stopped.entries if entry.state == "stopped")
    assert late.error is not None
    assert "cost.cap.batch=6" in late.error
    assert any("cost.cap.batch=6" in warning for warning in stopped.warnings)
    spent = sum(entry.cost or 0 for entry in stopped.entries)
    assert spent <= 6 + 2 * 2.0, "the clip under way, and one that was begun before the worker heard of it"

    more = made(tmp_path, *slower, "cost.cap.batch=60", seconds=0.1)
    assert more.complete
    assert [entry.state for entry in more.entries].count("kept") == states.count("made")


def test_one_film_that_reaches_its_cap_is_stopped_and_goes_on_with_a_higher_one(
    ray_here: RaySession, tmp_path: Path
) -> None:
    """The first pays for what all of them begin with."""
    told: list[BatchEvent] = []
    result = made(tmp_path, "cost.cap.film=1.5", seconds=3.2, expected=0.4, on_event=told.append)
    assert sorted(entry.state for entry in result.entries) == ["made", "made", "made", "stopped"]
    late = next(entry for entry in result.entries if entry.state == "stopped")
    assert str(late.error).startswith("cost.cap.film=1.5: ")
    assert late.rendered == 1, "what was under way is finished, and its other clip not begun"
    assert {low.film for low in told if isinstance(low, BudgetLow)} >= {late.name}
    with pytest.raises(
        TableError, match=rf"row {late.row}: cost\.cap\.film=1\.5: .* of 1\.50 EUR are spent or reserved"
    ):
        made(tmp_path, "cost.cap.film=1.5", seconds=3.2, expected=0.4)
    more = made(tmp_path, "cost.cap.film=60", seconds=0.1)
    assert [entry.state for entry in more.entries].count("kept") == 3
    assert more.complete


def test_what_could_not_be_given_back_is_said(ray_here: RaySession, tmp_path: Path) -> None:
    budgets, said = tmp_path / "store" / "budgets", list[str]()

    def spoil(event: BatchEvent) -> None:
        if isinstance(event, FilmNews) and event.state == "made" and budgets.is_dir():
            shutil.rmtree(budgets)
            budgets.write_text("no folder")
        if isinstance(event, Log):
            said.append(event.message)

    result = made(tmp_path, "cost.cap.month=20h", on_event=spoil)
    assert result.complete
    (warning,) = result.warnings
    assert warning.startswith("what was reserved of cost.cap.month could not be given back: ")
    assert said == [warning]


def test_what_is_lost_in_the_store_counts_against_caps(ray_here: RaySession, tmp_path: Path) -> None:
    """Before the batch begins, and on the way, though nothing was missing then."""
    whole = made(tmp_path)
    assert whole.complete
    store = open_store(str(tmp_path / "store"))
    for entry in whole.entries:
        (whole.folder / str(entry.film)).unlink()
    videos = [record.video for row in read_history(store) if (record := store.record(row.fingerprint))]

    def damage(event: BatchEvent) -> None:
        if isinstance(event, FilmNews) and event.state == "making" and store.holds(videos[:1]):
            cut(store, videos[0])

    late = made(tmp_path, "cost.cap.batch=0.0000001h", on_event=damage)
    stopped = [entry for entry in late.entries if entry.state == "stopped"]
    assert stopped, late.entries
    assert all("cost.cap.batch=1e-07h: the batch" in str(entry.error) for entry in stopped)
    assert late.rendered == 0

    with pytest.raises(UserError, match=r"rows\.csv: row \d: cost\.cap\.film=1e-07h: the film .*may take up to"):
        made(tmp_path, "cost.cap.film=0.0000001h")
    with pytest.raises(UserError, match=r"cost\.cap\.batch=1e-07h: the batch"):
        made(tmp_path, "cost.cap.batch=0.0000001h")
    mended = made(tmp_path, "cost.cap.batch=1h", "cost.cap.film=1h", "cost.cap.month=1h")
    assert mended.complete
    assert mended.rendered == 1
