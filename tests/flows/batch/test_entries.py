"""What stands in the manifest before anything is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.batch.entries import entries_of
from flows.batch.keys import film_key
from flows.batch.manifest import Entry, Manifest, write_json
from flows.batch.plan import BatchPlan, plan_batch
from tests.flows.batch.batches import STORYBOARD, asked, table


def planned(folder: Path, *rows: str, storyboard: str = STORYBOARD) -> BatchPlan:
    return plan_batch(
        asked(folder, table(["product"], *([row] for row in rows)), storyboard, skip_bad=True), weights=False
    )


def test_rows_that_are_left_out_stand_where_they_are(tmp_path: Path) -> None:
    bad = planned(tmp_path, "boat", "{{ kite }}", "star")
    entries, todo = entries_of(bad)
    assert [(entry.row, entry.state) for entry in entries] == [(2, "waiting"), (3, "refused"), (4, "waiting")]
    assert entries[1].error == "column 'product': a cell cannot hold a template itself"
    assert [each.name for each, _ in todo] == ["boat", "star"]


def test_a_film_is_kept_as_long_as_it_would_be_the_same(tmp_path: Path) -> None:
    plan = planned(tmp_path, "boat")
    (entry,), _ = entries_of(plan)
    (plan.folder / "boat").mkdir(parents=True)
    (plan.folder / "boat" / "film.mp4").write_bytes(b"film")
    made = replace(entry, state="made", film="boat/film.mp4", film_bytes=4, seconds=3.0)
    manifest = Manifest(batch=plan.called, storyboard=str(plan.storyboard), table=str(plan.table), films=[made])
    write_json(manifest, plan.folder)
    (kept,), todo = entries_of(plan)
    assert (kept.state, kept.reused, kept.seconds, todo) == ("kept", 2, 3.0, [])
    for change in (("seed: 3", "seed: 4"), ("title: ", "title: New "), ("0.5s", "1s")):
        (again,), _ = entries_of(planned(tmp_path, "boat", storyboard=STORYBOARD.replace(*change)))
        assert again.state == "waiting", change
    for lost in (replace(made, film_bytes=5), replace(made, poster="boat/poster.jpg"), replace(made, state="failed")):
        write_json(replace(manifest, films=[lost]), plan.folder)
        (again,), _ = entries_of(plan)
        assert again.state == "waiting", lost


@pytest.mark.parametrize(
    "more",
    [
        "deliver: [{name: phone, aspect: '9:16'}]",
        "look: {style: ink}",
        "format: {fps: 8}",
    ],
)
def test_whatever_decides_the_files_is_in_the_key(tmp_path: Path, more: str) -> None:
    before = film_key(planned(tmp_path, "boat").films[0].plan, "7.1")
    assert film_key(planned(tmp_path, "boat").films[0].plan, "7.1") == before
    assert film_key(planned(tmp_path, "boat").films[0].plan, "7.2") != before
    assert film_key(planned(tmp_path, "boat", storyboard=f"{STORYBOARD}{more}\n").films[0].plan, "7.1") != before


def test_an_entry_says_whether_its_film_is_there() -> None:
    assert Entry(name="a", row=2, state="kept").finished
    assert not Entry(name="a", row=2, state="stopped").finished
