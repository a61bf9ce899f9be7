"""The benchmark of gangs on the CPU, with tiny models: a GPU is not rented to find a mistake of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.gpu import gang
from tests.wan.parallel.members import run_program

VARIANTS = {
    "t2v": "t2v-a14b",
    "i2v": "i2v-a14b",
    "s2v": "s2v-14b",
    "animate": "animate-14b",
    "vace": "vace-fun-a14b",
}


def test_every_variant_is_measured_in_every_layout(tmp_path: Path) -> None:
    out = tmp_path / "run" / "gang.jsonl"
    jobs = [f"{name}:{layout}" for name in VARIANTS for layout in ("guidance=2", "sequence=2", "alone")]
    jobs += ["vae:alone", "vae:sequence=2"]
    status = run_program(2, gang.main, "--toy", "--repeats", "1", "--out", str(out), "--jobs", *jobs)
    assert status == [0, 0]
    assert sorted(path.name for path in out.parent.iterdir()) == ["gang.jsonl"]
    machine, *rows, end = [json.loads(line) for line in out.read_text().splitlines()]
    rows, of_vae = rows[:-4], rows[-4:]
    assert (machine["what"], machine["gpus"], end["what"]) == ("machine", 2, "end")
    measured = [(row["what"], row["variant"], row["layout"], row["gpus"]) for row in rows]
    assert measured == [
        ("gang_step", variant, layout, gpus)
        for variant in VARIANTS.values()
        for layout, gpus in (("guidance=2,sequence=1", 2), ("guidance=1,sequence=2", 2), ("alone", 1))
    ]
    for parted, cut, alone in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert "same_bits" not in parted  # the others are compared with it
        assert alone["same_bits"] is True
        assert cut["difference"] < 0.01
        assert parted["gpu_seconds"] == pytest.approx(2 * parted["seconds"], rel=1e-3)
    assert [(row["what"], row["gpus"]) for row in of_vae] == [
        ("gang_decode", 1),
        ("gang_encode", 1),
        ("gang_decode", 2),
        ("gang_encode", 2),
    ]
    assert of_vae[2]["difference"] < 1e-5


def test_kernels_are_counted_by_kind() -> None:
    names = {
        "ncclDevKernel_SendRecv(ncclDevKernelArgsStorage<4096ul>)": 0.25,
        "void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90>>": 3.0,
        "nvjet_tst_128x256_64x4_2x1_v_bz_coopA_bias_TNT": 1.0,
        "sm90_xmma_gemm_bf16bf16_bf16f32": 0.5,
        "triton_red_fused__to_copy_add_native_layer_norm_0": 0.125,
    }
    assert gang.by_kind(names) == {"exchange": 0.25, "attention": 3.0, "products": 1.5, "rest": 0.125}
