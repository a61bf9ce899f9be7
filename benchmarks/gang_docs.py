"""What several GPUs do for one clip (`benchmarks.gpu.gang`), as tables of docs/benchmarks.md."""

# ruff: noqa: E501 (table rows)
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
STEPS = 40
"""Of a clip, where the reference takes as many."""
KINDS = ("attention", "products", "exchange", "rest")


def gangs(rows: Sequence[Row]) -> str:
    """Both tables; nothing where no gang was measured."""
    return "\n\n".join(part for part in (_steps(rows), _autoencoder(rows)) if part)


def _steps(rows: Sequence[Row]) -> str:
    measured = [row for row in rows if row["what"] == "gang_step"]
    if not measured:
        return ""
    lines = [
        "### One clip on several GPUs",
        "",
        "`torchrun --nproc-per-node N -m benchmarks.gpu.gang`: seconds a step of one host's GPUs together (NVLink), true size, compiled blocks;",
        "kernels in seconds of one GPU. `alone`: the same run, one GPU by itself. A clip: "
        + f"{STEPS} such steps, for the variants that take as many.",
        "",
        "| variant, size, frames | GPUs | layout | s a step | s a clip | GPU-seconds a step | attention / products / exchange / rest | run |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(measured, key=lambda row: (row["variant"], row["gpus"], row["layout"])):
        kernels = row.get("kernels")
        parts = " / ".join(f"{kernels.get(kind, 0):.2f}" for kind in KINDS) if kernels else ""
        clip = f"{STEPS * row['seconds']:.0f}" if row["guided"] else ""
        lines.append(
            f"| {row['variant']}, {row['size']}, {row['frames']} | {row['gpus']} | {row['layout']} | {row['seconds']:.2f} | "
            f"{clip} | {row['gpu_seconds']:.1f} | {parts} | {row['run']} |"
        )
    return "\n".join(lines)


def _autoencoder(rows: Sequence[Row]) -> str:
    measured = [row for row in rows if row["what"] in ("gang_decode", "gang_encode")]
    if not measured:
        return ""
    lines = [
        "The autoencoder, its rows shared out:",
        "",
        "| what, size, frames | GPUs | s | GB on one GPU | run |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['what'].removeprefix('gang_')}, {row['size']}, {row['frames']} | {row['gpus']} | {row['seconds']:.2f} | {row['device_bytes'] / 1e9:.1f} | {row['run']} |"
        for row in sorted(measured, key=lambda row: (row["what"], row["gpus"]))
    ]
    return "\n".join(lines)
