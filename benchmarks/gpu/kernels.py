"""Single kernels at the sizes that the variants have: attention, and the convolutions of the autoencoder's decoder."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.gpu.record import Recorder, free_memory, synchronise
from wan.model.exact_attention import attend_by_flash_3, by_torch, find_flash_3
from wan.model.vae_convolutions import convolve_flat

_ROWS_CHECKED = 64
_Attend = Callable[[Tensor, Tensor, Tensor], Tensor]

SHAPES: tuple[tuple[str, int, int, int, int], ...] = (
    # what, batch, queries, keys, heads (of 128)
    ("a14b 1280x720", 1, 75_600, 75_600, 40),
    ("a14b 832x480", 1, 32_760, 32_760, 40),
    ("s2v 1024x704", 1, 63_360, 63_360, 40),
    ("s2v 832x448", 1, 34_216, 34_216, 40),
    ("ti2v 1280x704", 1, 27_280, 27_280, 24),
    ("a14b 640x368, 33 frames", 1, 8_280, 8_280, 40),
    ("a14b 416x240, 33 frames", 1, 3_510, 3_510, 40),
    ("a14b 256x144, 33 frames", 1, 1_296, 1_296, 40),
    ("one picture, 832x480", 1, 1_560, 1_560, 40),
    ("prompt 1280x720", 1, 75_600, 512, 40),
    ("prompt 832x480", 1, 32_760, 512, 40),
    ("picture 1280x720", 1, 75_600, 257, 40),
    ("sound 1024x704", 20, 2_816, 5, 40),
)


@torch.inference_mode()
def measure_attention(out: Recorder, *, toy: bool) -> None:
    """Milliseconds, TFLOP/s and the error against fp32 of each kernel at each shape, in bf16."""
    for what, batch, queries, keys, heads in SHAPES if not toy else [("toy", 2, 48, 40, 2)]:
        with out.job(f"attention {what}"):
            torch.manual_seed(0)
            query, key = (_normalised(batch, count, heads, out.device) for count in (queries, keys))
            value = torch.randn(batch, keys, heads, 128, device=out.device, dtype=torch.bfloat16)
            wanted = _exact_rows(query, key, value)
            flops = 4 * batch * queries * keys * heads * 128
            for name, attend in _kernels(out.device):
                found = attend(query, key, value)[:, _rows(queries)].float()
                error = float((found - wanted).norm() / wanted.norm())
                seconds = _median(partial(attend, query, key, value), out.device, flops / 4e14)
                out.add(
                    "attention", kernel=name, shape=what, batch=batch, queries=queries, keys=keys, heads=heads,
                    milliseconds=seconds * 1e3, tflops=flops / seconds / 1e12, error=error,
                )  # fmt: skip


def _kernels(device: torch.device) -> Iterator[tuple[str, _Attend]]:
    if device.type != "cuda":
        yield "sdpa", by_torch
        return
    for name, backend in (("_native_flash", SDPBackend.FLASH_ATTENTION), ("_native_cudnn", SDPBackend.CUDNN_ATTENTION)):

        def attend(query: Tensor, key: Tensor, value: Tensor, backend: Any = backend) -> Tensor:
            with sdpa_kernel(backend):
                return by_torch(query, key, value)

        yield name, attend
    if find_flash_3() is not None:
        yield "_flash_3", attend_by_flash_3


def _normalised(batch: int, tokens: int, heads: int, device: torch.device) -> Tensor:
    """Like WAN's queries and keys: of unit mean square, a few channels much larger than the others."""
    values = torch.randn(batch, tokens, heads, 128, device=device, dtype=torch.bfloat16)
    values[..., ::32] *= 4
    return values


def _rows(queries: int) -> slice:
    return slice(0, queries, max(1, queries // _ROWS_CHECKED))


def _exact_rows(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """In fp32, of some queries."""
    some = query[:, _rows(query.shape[1])].float()
    scores = torch.einsum("bqhd,bkhd->bhqk", some, key.float()) / some.shape[-1] ** 0.5
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), value.float())


CONVOLUTIONS: tuple[tuple[str, int, int, int, int, int], ...] = (
    # what, channels in, channels out, frames with the two before, rows, columns: a piece of a 720p video
    ("96 to 96, 720x1280", 96, 96, 6, 720, 1280),
    ("192 to 192, 360x640", 192, 192, 6, 360, 640),
    ("384 to 384, 180x320", 384, 384, 4, 180, 320),
    ("384 to 384, 90x160", 384, 384, 3, 90, 160),
)


@torch.inference_mode()
def measure_convolutions(out: Recorder, *, toy: bool) -> None:
    """Ways to compute the decoder's 3x3x3 convolutions: milliseconds, TFLOP/s, and the error against full fp32."""
    for what, into, outof, frames, rows, columns in CONVOLUTIONS if not toy else [("toy", 4, 4, 4, 8, 8)]:
        with out.job(f"convolution {what}"):
            torch.manual_seed(0)
            given = F.silu(torch.randn(1, into, frames, rows, columns, device=out.device))
            weight = torch.randn(outof, into, 3, 3, 3, device=out.device) / (27 * into) ** 0.5
            with _tf32(False):
                wanted = F.conv3d(given[:, :, :3], weight, padding=(0, 1, 1))
            flops = 2 * 27 * into * outof * (frames - 2) * rows * columns
            for name, run in _ways(given, weight):
                with _tf32(True):
                    error = float((run()[:, :, :1].float() - wanted).norm() / wanted.norm())
                    seconds = _median(run, out.device, flops / 1e14)
                out.add(
                    "convolution", way=name, shape=what, milliseconds=seconds * 1e3, tflops=flops / seconds / 1e12,
                    error=error,
                )  # fmt: skip


def _ways(given: Tensor, weight: Tensor) -> Iterator[tuple[str, Callable[[], Tensor]]]:
    last = torch.channels_last_3d
    yield "conv3d, TF32, channels first", lambda: F.conv3d(given, weight, padding=(0, 1, 1))
    for kind, dtype in (("TF32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)):
        values, kernel = given.to(dtype, memory_format=last), weight.to(dtype, memory_format=last)
        yield f"conv3d, {kind}", partial(F.conv3d, values, kernel, padding=(0, 1, 1))
        if kind != "bf16":
            yield f"conv2d, {kind}", partial(convolve_flat, values, kernel, None, (1, 1))
            yield f"three conv2d, {kind}", partial(three, values, kernel)


def three(given: Tensor, weight: Tensor) -> Tensor:
    """As three convolutions of single frames, added."""
    count = given.shape[2] - 2
    images = given[0].transpose(0, 1)
    total: Tensor | None = None
    for k in range(3):
        kernel = weight[:, :, k].contiguous(memory_format=torch.channels_last)
        part = F.conv2d(images[k : k + count], kernel, padding=1)
        total = part if total is None else total.add_(part)
    assert total is not None
    return total.transpose(0, 1)[None]


@contextmanager
def _tf32(allowed: bool) -> Iterator[None]:
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def _median(run: Callable[[], Any], device: torch.device, expected: float) -> float:
    """Median seconds; more repeats of what is quick."""
    import time

    run()
    repeats = max(3, min(30, int(0.2 / max(expected, 1e-6))))
    seconds = []
    for _ in range(repeats if device.type == "cuda" else 1):
        synchronise(device)
        start = time.perf_counter()
        run()
        synchronise(device)
        seconds.append(time.perf_counter() - start)
    free_memory(device)
    return statistics.median(seconds)
