from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from wan.families import FAMILIES
from wan.placement import PLACEMENTS
from wan.placement.budget import (
    _TRANSFORMER_BYTES,
    Job,
    _latent_frames_at_once,
    choose,
    decode_bytes,
    need,
    step_bytes,
    table,
)
from wan.variants import VARIANTS

GB = 1e9
LARGE = Job("t2v-a14b", 1280, 720, 81)
RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"


@pytest.mark.parametrize("variant", VARIANTS)
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


def _measured(what: str) -> list[dict[str, Any]]:
    rows = [row for file in sorted(RESULTS.glob("*.json")) for row in json.loads(file.read_text())["rows"]]
    return [row for row in rows if row["what"] == what and row.get("implementation") != "diffusers"]


def _job(row: dict[str, Any], variant: str) -> Job:
    width, height = (int(side) for side in row["size"].split("x"))
    compiled, tiled = row.get("compile", False), row.get("implementation") == "tiled"
    return Job(variant, width, height, row["frames"], row["precision"], compiled=compiled, tiled=tiled)


def test_steps_take_what_was_measured() -> None:
    for row in (rows := _measured("step")):
        job = _job(row, row["variant"])
        weights = VARIANTS[job.variant].transformer.parameters * _TRANSFORMER_BYTES[job.precision]
        if job.variant == "animate-14b" and "kernel" not in row:
            weights -= 2.098e9 * _TRANSFORMER_BYTES[job.precision]  # earlier runs had no attention to the picture
        assert weights + step_bytes(job) == pytest.approx(row["device_bytes"], rel=0.1), row
    assert len(rows) > 15


OF_KIND = {"2.1": "t2v-a14b", "2.2": "ti2v-5b"}
_DECODER_THEN = 12.09e9
"""Alone on the device, when the placements were measured; it takes less since."""


def _decoded(implementation: str) -> list[dict[str, Any]]:
    """Of the newest run that has it: the decoder takes less than in earlier ones."""
    rows = {(row["vae"], row["size"]): row for row in _measured("decode") if row["implementation"] == implementation}
    return [*rows.values()]


def test_decoding_takes_what_was_measured() -> None:
    exact = [{**row, "precision": "fp32"} for row in _decoded("wan, TF32")]
    rounded = [{**row, "precision": "bf16"} for row in _decoded("wan")]
    # the widest level of the 2.1 kind is convolved flat since; the other kind has none that is narrow enough
    flat = [{**row, "precision": "bf16"} for row in _decoded("wan, conv2d") if row["vae"] == "2.1"]
    tiled = [row for row in _measured("tiling") if row["implementation"] == "tiled"]
    for row in (rows := [*exact, *rounded, *flat, *tiled]):
        variant = OF_KIND[row["vae"]]
        found = VARIANTS[variant].autoencoder.nbytes + decode_bytes(_job(row, variant))
        assert found == pytest.approx(row["device_bytes"], rel=0.1), row
    assert len(rows) == 10


@pytest.mark.parametrize("size", [(832, 480), (1280, 720), (640, 368), (1024, 512)])
@pytest.mark.parametrize("kind", OF_KIND)
def test_videos_are_cut_where_the_decoder_cuts_them(kind: str, size: tuple[int, int]) -> None:
    from diffusers import AutoencoderKLWan

    from wan.model.vae import PIECE_BYTES, Vae

    channels = VARIANTS[OF_KIND[kind]].autoencoder.widest
    with torch.device("meta"):
        vae = Vae(AutoencoderKLWan(decoder_base_dim=channels), piece_bytes=PIECE_BYTES["cuda"])
    width, height = size
    second = vae._pieces(101, height, width)[1]
    assert second.stop - second.start == _latent_frames_at_once(width * height, channels)


def test_the_docs_table_is_of_the_default_precision() -> None:
    page = (Path(__file__).parents[3] / "docs" / "memory.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w-]+), (\d+)x(\d+), (\d+) frames \| (.+) \|$", page, re.MULTILINE)
    assert {variant for variant, *_ in rows} == set(VARIANTS) - {"i2v-a14b"}, "which needs what T2V does"
    for variant, width, height, frames, told in rows:
        job = Job(variant, int(width), int(height), int(frames), FAMILIES["wan22"].precision)
        needs = [need(job, placement) for placement in PLACEMENTS]
        assert told == " | ".join(f"{each.device / GB:.0f} / {each.host / GB:.0f}" for each in needs)


def test_placements_take_what_was_measured() -> None:
    whole = [row for row in _measured("placement") if not row.get("peak_is_flawed") and "layers" not in row]
    assert {row["placement"] for row in whole} == set(PLACEMENTS)
    now = next(row for row in _decoded("wan") if row["size"] == "832x480")
    for row in whole:
        needed = need(_job(row, "t2v-a14b"), row["placement"])
        peak = max(row["device_bytes"], row["decode_device_bytes"] + now["device_bytes"] - _DECODER_THEN)
        if row["fetched_ahead"]:  # there was room for the next expert: more than this placement needs
            assert needed.device < peak
        else:
            assert needed.device == pytest.approx(peak, rel=0.1), row
        host = row["host_peak_bytes"] if row["placement"] != "low_vram" else row["host_peak_bytes_loading"]
        assert needed.host == pytest.approx(host, rel=0.1), row
