"""Batches that are made: what films share is rendered once, what fails keeps no other film, a rerun does what lacks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.batch.events import BatchEvent, FilmNews
from flows.batch.make import LOCK, BatchResult, make_batch
from flows.batch.manifest import Manifest, read_manifest, write_json
from flows.batch.plan import plan_batch
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.errors import Stopped, UserError
from flows.events import Finished, Progress
from flows.ledger import read_history
from flows.store import open_store
from tests.flows.batch.batches import STORYBOARD, asked, table
from tests.flows.cluster.troubled import KIND
from tests.flows.film.reading import READER, cut
from wan.system.locks import hold

pytestmark = pytest.mark.slow

Rendered = Callable[[], list[str]]


def made(
    folder: Path, *products: str, on_event: Callable[[BatchEvent], None] | None = None, called: str | None = None
) -> BatchResult:
    """The batch of these rows, by the troubled renderer."""
    rows = table(["product"], *([product] for product in products))
    plan = plan_batch(asked(folder, rows, called=called, overrides=["cluster.attempts=1"]))
    return make_batch(plan, renderer=RendererSpec(KIND, {"folder": str(folder)}), on_event=on_event)


def test_a_batch_is_made_kept_and_goes_on(ray_here: RaySession, tmp_path: Path, rendered: Rendered) -> None:
    news: list[FilmNews] = []
    result = made(
        tmp_path,
        "boat",
        "kite is refused",
        "star",
        on_event=lambda event: news.append(event) if isinstance(event, FilmNews) else None,
    )
    assert [(entry.row, entry.state) for entry in result.entries] == [(2, "made"), (3, "failed"), (4, "made")]
    assert not result.complete
    assert rendered() == ["a yellow star moves up", "boat", "star"], "what all of them share, once"
    assert Counter(each.state for each in news) == {"making": 3, "made": 2, "failed": 1}
    boat, kite, star = result.entries
    assert (boat.rendered, boat.reused, star.rendered, star.reused) == (2, 0, 1, 1)
    assert kite.error is not None
    assert "17x17" in kite.error
    for entry in (boat, star):
        files = [entry.film, entry.report, entry.poster]
        assert all(name and (result.folder / name).is_file() for name in files)
    assert not (result.folder / "kite-is-refused").exists(), "of what is not made nothing is left"
    rows = pq.read_table(result.parquet).to_pylist()
    assert [row["variables.product"] for row in rows] == ["boat", "kite is refused", "star"]
    assert [row["state"] for row in rows] == ["made", "failed", "made"]
    assert json.loads(result.manifest.read_text())["films"][1]["error"] == kite.error
    assert "boat/poster.jpg" in result.gallery.read_text()
    statuses = Counter(row.status for row in read_history(open_store(str(tmp_path / "store"))))
    assert statuses == {"rendered": 3, "cached": 2, "failed": 1}

    before = (result.folder / str(boat.film)).stat().st_mtime_ns
    again = made(tmp_path, "boat", "star", "sun")
    assert [(entry.name, entry.state) for entry in again.entries] == [
        ("boat", "kept"),
        ("star", "kept"),
        ("sun", "made"),
    ]
    assert rendered() == ["sun"]
    assert (result.folder / str(boat.film)).stat().st_mtime_ns == before
    assert again.complete
    (result.folder / str(boat.film)).unlink()
    mended = made(tmp_path, "boat", "star", "sun")
    assert [entry.state for entry in mended.entries] == ["made", "kept", "kept"]
    assert rendered() == [], "its clips are in the store"


def test_a_batch_that_is_stopped_says_how_far_it_came(ray_here: RaySession, tmp_path: Path, rendered: Rendered) -> None:
    def interrupt(event: BatchEvent) -> None:
        if isinstance(event, Progress) and event.stage == "denoise" and event.steps == 600:
            raise KeyboardInterrupt

    with pytest.raises(Stopped):
        made(tmp_path, "boat", "kite takes long", on_event=interrupt)
    manifest = read_manifest(tmp_path / "outputs" / "film-rows")
    assert manifest is not None
    boat, kite = manifest.films
    assert boat.state in ("made", "stopped")
    assert kite.state == "stopped"
    assert (tmp_path / "outputs" / "film-rows" / "manifest.parquet").exists()
    assert not list((tmp_path / "outputs" / "film-rows").rglob(".edit-*"))
    rendered()
    assert made(tmp_path, "boat", "sun").complete
    assert "a yellow star moves up" not in rendered(), "finished clips stay finished"


def test_a_folder_is_one_batchs(tmp_path: Path) -> None:
    ours = plan_batch(asked(tmp_path, table(["product"], ["boat"]), called="ours"))
    ours.folder.mkdir(parents=True)
    write_json(Manifest(batch="ours", storyboard="/other.yaml", table=str(ours.table), films=[]), ours.folder)
    with pytest.raises(UserError, match="--as NAME"):
        make_batch(ours)


def test_two_commands_do_not_make_one_batch(tmp_path: Path) -> None:
    ours = plan_batch(asked(tmp_path, table(["product"], ["boat"])))
    ours.folder.mkdir(parents=True)
    held = hold(ours.folder / LOCK)
    assert held is not None
    with held, pytest.raises(UserError, match="another command"):
        make_batch(ours)


def test_clips_that_are_damaged_on_the_way_are_rendered_again(ray_here: RaySession, tmp_path: Path) -> None:
    """One before films are cut of it; in a batch whose clips are all there, too."""
    store, seen = open_store(str(tmp_path / "store")), list[str]()

    def damage(event: BatchEvent) -> None:
        if isinstance(event, Finished) and not seen:
            seen.append(event.fingerprint)
            cut(store, event.record.video)

    result = made(tmp_path, "boat", "star", on_event=damage)
    assert result.complete, result.entries
    assert result.rendered == 3
    (warning,) = result.warnings
    assert "is rendered again" in warning
    again = [row for row in read_history(store) if "is rendered again" in row.message]
    assert {row.fingerprint for row in again} == set(seen)

    for entry in result.entries:
        (result.folder / str(entry.film)).unlink()
    record = store.record(seen[0])
    assert record is not None

    def damage_all(event: BatchEvent) -> None:
        if isinstance(event, FilmNews) and event.state == "making" and store.holds([record.video]):
            cut(store, record.video)

    mended = made(tmp_path, "boat", "star", on_event=damage_all)
    assert mended.complete, mended.entries
    assert mended.rendered == 1, "by a pool that was not there at first"


def test_a_clip_that_others_go_on_from_is_rendered_again_in_a_batch(ray_here: RaySession, tmp_path: Path) -> None:
    rows = table(["product"], ["boat"], ["star"])
    chained = STORYBOARD.replace("seed: 3}", "seed: 3, continuity: {from: opening, by: last_frame}}")
    plan = plan_batch(asked(tmp_path, rows, chained))
    result = make_batch(plan, renderer=RendererSpec(READER, {"folder": str(tmp_path), "spoils": 1}))
    assert result.complete, result.entries
    assert len(result.warnings) == 1
    assert result.rendered == 3
