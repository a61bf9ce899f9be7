"""The columns of the ledger's files are the fields of a row and of the spec in it."""

from __future__ import annotations

import io
from dataclasses import field, make_dataclass, replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds

from flows.clips import ClipLora, ClipSpec, HandOff, Medium
from flows.fields import hints
from flows.ledger import LedgerRow, append_rows
from flows.ledger.parquet import column, columns_from, from_parquet, schema, to_parquet
from flows.store import open_store
from tests.flows.ledger.test_history import ROW
from wan.request import Numerics


def test_every_field_of_a_row_and_of_its_spec_has_a_column() -> None:
    found = schema()
    assert found.names == list(hints(LedgerRow))
    members = found.field("spec").type
    assert [members.field(number).name for number in range(members.num_fields)] == list(hints(ClipSpec))


def test_a_new_field_of_a_spec_is_a_column_at_once() -> None:
    kind = make_dataclass(
        "Newer", [("weather", str | None, field(default=None))], bases=(ClipSpec,), frozen=True, kw_only=True
    )
    made = column(kind)
    assert str(made.field(made.num_fields - 1)) == "pyarrow.Field<weather: string>"


def test_a_spec_with_everything_in_it_comes_back() -> None:
    spec = replace(
        ROW.spec,
        hand_off=HandOff((("a", "b"), ("c",)), what="frames", frame=3, back=1),
        media=(Medium("audio", "d"), Medium("motion", "e", "replace")),
        media_fps=24.0,
        loras=(ClipLora("f", 0.5, "high"),),
        treated=("gamma 1",),
        numerics=Numerics("bf16", "sdpa", vae_tiling=True),
        strength=0.5,
        camera="pan left",
    )
    rows = [replace(ROW, spec=spec, message="x", kernel="_flash_3"), ROW]
    assert from_parquet(to_parquet(rows)) == rows


def test_text_that_is_no_utf8_is_written_with_its_bytes_spelt_out() -> None:
    (row,) = from_parquet(to_parquet([replace(ROW, message="no \udcff here")]))
    assert row.message == "no \\udcff here"


def test_columns_of_later_versions_are_left_out() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(to_parquet([ROW]))).append_column("mood", pa.array(["good"]))
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert from_parquet(buffer.getvalue()) == [ROW]


def test_other_programs_read_the_ledger_as_one_table(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    rows = [replace(ROW, used_seconds=90.0, cost=0.5, currency="EUR", gpu="NVIDIA H200"), replace(ROW, take=2)]
    for row in rows:
        append_rows(store, [row])
    table = ds.dataset(tmp_path / "ledger", format="parquet").to_table(
        columns={"film": ds.field("film"), "used": ds.field("used_seconds"), "variant": pc.field("spec", "variant")},
        filter=ds.field("used_seconds") > 0,
    )
    assert table.to_pylist() == [{"film": ROW.film, "used": 90.0, "variant": ROW.spec.variant}]
    sums = ds.dataset(tmp_path / "ledger").to_table().group_by("film").aggregate([("cost", "sum"), ("shot", "count")])
    assert sums.to_pylist() == [{"film": ROW.film, "cost_sum": 0.5, "shot_count": 2}]


def test_columns_are_read_alone_also_from_within(tmp_path: Path) -> None:
    found = columns_from(to_parquet([ROW]), ["when", "spec.sampling.num_inference_steps", "cost"])
    assert found == {
        "when": [ROW.when.timestamp()],
        "spec.sampling.num_inference_steps": [ROW.spec.sampling.num_inference_steps],
        "cost": [None],
    }
