"""The page of `wanflow history --plot`: one file, whole, that asks for nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.ledger import LedgerRow, append_rows, read_columns
from flows.report.history import PLOTTED, page
from flows.store import open_store
from tests.flows.ledger.test_history import ROW

MONDAY = datetime(2026, 9, 7, 6, tzinfo=UTC)


def text_of(folder: Path, *rows: LedgerRow) -> str:
    store = open_store(str(folder))
    append_rows(store, rows)
    return page(read_columns(store, PLOTTED), UTC, "the store")


def used(weeks: int, seconds: float = 3600.0, **values: object) -> LedgerRow:
    named = {"cost": seconds / 1000, "currency": "EUR", "fingerprint": f"{weeks:064x}", **values}
    return replace(ROW, when=MONDAY + timedelta(weeks=weeks), used_seconds=seconds, **named)  # type: ignore[arg-type]


def test_what_a_gang_takes_for_a_step_is_a_line_of_its_own(tmp_path: Path) -> None:
    text = text_of(tmp_path, used(0), used(1, members=2))
    kind = f"{ROW.spec.variant} {ROW.spec.width}×{ROW.spec.height}×{ROW.spec.num_frames}"
    assert f"{kind} by 2" in text
    assert f"{kind}<" in text


def test_weeks_without_a_row_are_there_and_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    text = text_of(tmp_path, used(0, failed_seconds=900.0), used(3, film="<b>Kite</b>"))
    for label in ("7 Sep", "14 Sep", "21 Sep", "28 Sep"):
        assert f">{label}</text>" in text
    assert "7.20 EUR" in text
    assert "7 Sep: 0.75 h, useful" in text
    assert "7 Sep: 0.25 h, failed" in text
    assert "&lt;b&gt;Kite&lt;/b&gt;" in text
    assert "12.5 %" in text, "wasted"
    assert "<script" not in text
    assert not re.search(r"(src|href|url)\s*[=(]", text)
    assert "prefers-color-scheme: dark" in text


def test_seconds_a_step_are_those_of_the_kinds_there_are_most_of(tmp_path: Path) -> None:
    text = text_of(tmp_path, used(0), used(1))
    steps = ROW.spec.sampling.num_inference_steps
    pace = ROW.seconds["denoise"] / steps
    assert f"{ROW.spec.variant} {ROW.spec.width}×{ROW.spec.height}×{ROW.spec.num_frames}, 7 Sep: {pace:.3g}" in text


def test_years_are_shown_by_month(tmp_path: Path) -> None:
    text = text_of(tmp_path, *(used(week) for week in range(80)))
    assert "Hours a month" in text
    assert ">2026-09</text>" in text


def test_of_many_films_the_greatest_are_named(tmp_path: Path) -> None:
    text = text_of(tmp_path, *(used(number, seconds=100.0 + number, film=f"Film {number:02}") for number in range(20)))
    assert "Film 19" in text
    assert "8 others" in text
    assert "Film 03" not in text


def test_an_empty_ledger_has_a_page_too(tmp_path: Path) -> None:
    assert "Nothing yet" in page(read_columns(open_store(str(tmp_path)), PLOTTED), UTC, "the store")
