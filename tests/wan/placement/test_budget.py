from __future__ import annotations

import json
from pathlib import Path

import pytest

from wan.placement import PLACEMENTS
from wan.placement.budget import MODELS, Job, choose, need, table
from wan.variants import VARIANTS

GB = 1e9
LARGE = Job("t2v-a14b", 1280, 720, 81)
RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"


def test_every_variant_has_its_sizes() -> None:
    assert set(MODELS) == set(VARIANTS)


@pytest.mark.parametrize("variant", MODELS)
def test_leaner_placements_need_less_of_the_device(variant: str) -> None:
    needs = [need(Job(variant, 1280, 704, 81), placement).device for placement in PLACEMENTS]
    assert needs == sorted(needs, reverse=True)


@pytest.mark.parametrize(
    ("device", "host", "placement"),
    [
        (150 * GB, 128 * GB, "resident"),
        (80 * GB, 128 * GB, "expert_swap"),
        (24.5 * GB, 128 * GB, "offload"),
        (24.5 * GB, 32 * GB, "low_vram"),
        (8 * GB, 128 * GB, None),
    ],
)
def test_the_quickest_placement_that_fits_is_chosen(device: float, host: float, placement: str | None) -> None:
    assert choose(LARGE, device, host) == placement


def test_smaller_clips_and_types_fit_where_large_ones_do_not() -> None:
    assert choose(Job("t2v-a14b", 832, 480, 33), 48 * GB, 128 * GB) == "expert_swap"
    assert choose(LARGE, 40 * GB, 128 * GB) == "offload"
    assert choose(Job("t2v-a14b", 1280, 720, 81, "fp8_storage"), 40 * GB, 128 * GB) == "expert_swap"


def test_the_table_has_every_variant_at_its_own_size() -> None:
    jobs = [job for job, _ in table(150 * GB, 128 * GB)]
    assert {job.variant for job in jobs} == set(VARIANTS)
    assert all(
        (VARIANTS[job.variant].size in {(j.width, j.height) for j in jobs if j.variant == job.variant}) for job in jobs
    )


def test_estimates_are_not_below_what_was_measured() -> None:
    rows = [row for file in RESULTS.glob("*.json") for row in json.loads(file.read_text())["rows"]]
    checked = 0
    for row in rows:
        if (
            row.get("peak_is_flawed")
            or row["what"] not in ("placement", "step")
            or row.get("implementation") == "diffusers"
        ):
            continue
        width, height = (int(side) for side in row["size"].split("x"))
        job = Job(row.get("variant", "t2v-a14b"), width, height, row["frames"], row["precision"])
        fetched_ahead = MODELS[job.variant].parameters * 2 * row.get("fetched_ahead", 0)  # when there is room
        peak = max(row["device_bytes"] - fetched_ahead, row.get("decode_device_bytes", 0))
        assert need(job, row.get("placement", "expert_swap")).device > 0.95 * peak, row
        checked += 1
    assert checked > 10
