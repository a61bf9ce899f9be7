"""From planned clips to ledger rows and back to estimates."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.ledger import append_rows, read_history, read_timings
from flows.planning import Run, ledger_row
from flows.store import ClipRecord, open_store
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot

RUN = Run(when=datetime(2026, 1, 1, tzinfo=UTC), flow_run="run-1")


def test_what_was_timed_once_is_estimated_next_time(
    shot: MakeShot, film: MakeFilm, plan: MakePlan, tmp_path: Path
) -> None:
    storyboard = film(shot("a"))
    first = plan(storyboard)
    (clip,) = first.clips
    record = ClipRecord(
        fingerprint=clip.fingerprint,
        video="",
        latents="",
        last_frame="",
        thumbnail="",
        num_frames=33,
        fps=16,
        width=256,
        height=144,
        seed=0,
        seconds={"load": 9.0, "denoise": 6.0, "decode": 1.0},
        scores={"quality": 0.25},
        worker="w1",
    )
    row = ledger_row(first, first.shots[0], (0, 0), RUN, "rendered", record)
    store = open_store(str(tmp_path))
    append_rows(store, [row])
    assert read_history(store) == [row]
    assert (row.take, row.clip, row.worker, row.total_seconds) == (1, 1, "w1", 16.0)
    assert (row.spec, row.kernel, row.flow_run) == (clip.spec, "auto", "run-1")
    again = plan(film(shot("a", prompt="another")), timings=read_timings(store))
    assert again.totals.estimate == "measured"
    assert again.totals.rendering_seconds == pytest.approx(7.0)


def test_a_clip_that_was_found_took_no_time(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("a")))
    row = ledger_row(made, made.shots[0], (0, 0), RUN, "cached")
    assert row.total_seconds == 0
    assert row.shot == "river.a"
