"""Of the section of docs/benchmarks.md that is made: single kernels, and what runs once a clip."""

# ruff: noqa: E501 (the page is lines of prose and table rows)
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from wan.model.attention import CUDNN, FLASH_3
from wan.model.exact_attention import kernel_for

KERNELS = {CUDNN: "cuDNN", FLASH_3: "FlashAttention-3", "_native_flash": "PyTorch's own flash"}
WAYS = {"wan": "wan", "wan, TF32": "wan, TF32 alone", "diffusers": "stock diffusers"}
_HOPPER = (9, 0)
Row = dict[str, Any]


def kernel_of(row: Row) -> str:
    """The attention kernel that was computed with; earlier runs only had what they asked for."""
    name: str = row.get("kernel", row["attention"])
    return name


def attention(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row["what"] == "attention"]
    if not found:
        return ""
    kernels = list(dict.fromkeys(row["kernel"] for row in found))
    lines = [
        "### Attention",
        "",
        "Exact kernels by themselves, bf16, heads of 128: milliseconds, and the error against fp32, ‖o − o_fp32‖ / ‖o_fp32‖. Bold: what `auto`",
        "takes on a Hopper GPU with `wanflow[hopper]` (FlashAttention-3 from 2,048 queries and keys, else cuDNN).",
        "",
        f"| shape | queries × keys × heads | {' | '.join(KERNELS[kernel] for kernel in kernels)} | errors |",
        f"| --- | --- | {' | '.join('---' for _ in kernels)} | --- |",
    ]
    for shape in dict.fromkeys(row["shape"] for row in found):
        here = {row["kernel"]: row for row in found if row["shape"] == shape}
        one = here[kernels[0]]
        taken = kernel_for(_HOPPER, torch.bfloat16, 128, min(one["queries"], one["keys"]), flash_3=True)
        times = (_bold(f"{here[kernel]['milliseconds']:.3g} ms", kernel == taken) for kernel in kernels)
        errors = sorted({f"{row['error']:.1e}" for row in here.values()})
        size = f"{_batch(one)}{one['queries']:,} × {one['keys']:,} × {one['heads']}"
        lines.append(f"| {shape} | {size} | {' | '.join(times)} | {'–'.join(errors)} |")
    return "\n".join([*lines, *_steps_by_kernel(rows)])


def _steps_by_kernel(rows: Sequence[Row]) -> list[str]:
    lines = [
        "",
        "A step of one run by both kernels:",
        "",
        "| variant | size, frames | run | FlashAttention-3 | cuDNN | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in (row for row in rows if row.get("what") == "step" and row.get("kernel") == FLASH_3):
        keys = ("variant", "size", "frames", "precision", "compile", "run")
        other = [r for r in rows if r.get("kernel") == CUDNN and all(r.get(key) == row[key] for key in keys)]
        lines += [
            f"| {row['variant']} | {row['size']}, {row['frames']} | {row['run']} | **{row['seconds']:.2f} s** | {beside['seconds']:.2f} s | "
            f"{1 - row['seconds'] / beside['seconds']:.1%} less |"
            for beside in other
        ]
    return lines


def _batch(row: Row) -> str:
    return f"{row['batch']} × " if row["batch"] > 1 else ""


def _bold(told: str, really: bool) -> str:
    return f"**{told}**" if really else told


def once(rows: Sequence[Row]) -> str:
    ours = [row for row in rows if row["what"] in ("decode", "encode") and row["implementation"] == "wan"]
    found = {(row["what"], row["vae"], row["size"]): row for row in ours}
    if not found:
        return ""
    lines = [
        "### Once a clip",
        "",
        "Autoencoders, seconds and peak GB. `wan`: fp32, and fp16 factors where a convolution stands behind a norm. TF32 alone: what is computed",
        "should a number be too large for fp16. diffusers: fp32 with TF32 factors, torch's default. What fits in 12 GB of activations is computed",
        "at once: clips of up to 113 frames at 256x144, but two latent frames at a time at 480p, and one, as diffusers does, at 720p and in TI2V.",
        "Since run 7 the fp16 convolutions of 96 channels are flat ones (below), which is not in these figures: by the table of convolutions 0.2 s less",
        "at 720p, not measured as a whole.",
        "",
        f"| what | size, frames | run | {' | '.join(WAYS.values())} |",
        f"| --- | --- | --- | {' | '.join('---' for _ in WAYS)} |",
    ]
    for row in found.values():
        keys = ("what", "vae", "size", "frames", "run")
        same = {r["implementation"]: r for r in rows if all(r.get(key) == row[key] for key in keys)}
        times = (
            _bold(f"{same[way]['seconds']:.2f} s", way == "wan") + f", {same[way]['device_bytes'] / 1e9:.1f} GB"
            for way in WAYS
        )
        lines.append(
            f"| {row['what']}, {row['vae']} kind | {row['size']}, {row['frames']} | {row['run']} | {' | '.join(times)} |"
        )
    lines += [
        f"| UMT5-XXL, {row['tokens']} tokens, bf16 | – | {row['run']} | {row['seconds']:.3f} s, {row['device_bytes'] / 1e9:.1f} GB | – | – |"
        for row in rows
        if row["what"] == "text"
    ]
    return "\n".join([*lines, *_decode_errors(rows)])


def _decode_errors(rows: Sequence[Row]) -> list[str]:
    lines = [
        "",
        "Against a decoder in full fp32, thirteen frames, random weights: ‖x − x_fp32‖ / ‖x_fp32‖, and the part of the subpixels that change, by how",
        "many of 255 levels at most.",
        "",
        f"| decode | run | {' | '.join(WAYS.values())} |",
        f"| --- | --- | {' | '.join('---' for _ in WAYS)} |",
    ]
    errors = {(row["vae"], row["size"], row["implementation"]): row for row in rows if row["what"] == "decode_error"}
    for vae, size in dict.fromkeys((vae, size) for vae, size, _ in errors):
        told = (errors[vae, size, way] for way in WAYS)
        cells = " | ".join(f"{row['error']:.1e}, {row['changed']:.1%} by {row['largest_level']:.0f}" for row in told)
        lines.append(f"| {vae} kind, {size} | {errors[vae, size, 'wan']['run']} | {cells} |")
    return lines


def convolutions(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row["what"] == "convolution"]
    if not found:
        return ""
    shapes = list(dict.fromkeys(row["shape"] for row in found))
    lines = [
        "### Convolutions of the decoder",
        "",
        "3×3×3 over a piece of a 720p video: milliseconds, and the error against full fp32. `conv2d`: one convolution of frames that have their",
        "neighbours' channels beside their own; `three conv2d`: one for each neighbour, added. Taken: `conv3d, fp16`, and `conv2d, fp16` of 96 channels.",
        "",
        f"| way, run {found[-1]['run']} | {' | '.join(shapes)} |",
        f"| --- | {' | '.join('---' for _ in shapes)} |",
    ]
    times = {(row["way"], row["shape"]): row for row in found}
    for way in dict.fromkeys(row["way"] for row in found):
        rates = (times[way, shape] for shape in shapes)
        told = " | ".join(f"{row['milliseconds']:.3g} ms, {row['error']:.1e}" for row in rates)
        lines.append(f"| {way} | {told} |")
    return "\n".join(lines)
