"""Seconds of what runs once a clip: autoencoders and text encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from benchmarks.gpu.models import make_text_encoder, make_vae
from benchmarks.gpu.record import Recorder, synchronise
from wan.model import vae_convolutions
from wan.model.vae import Vae


@torch.inference_mode()
def measure_vae(out: Recorder, kind: str, sizes: list[tuple[int, int, int]], *, toy: bool) -> None:
    """Decoding and encoding `(width, height, frames)`, in fp32 as wan and the reference do, beside diffusers."""
    device = out.device
    stride, channels = (16, 48) if kind == "2.2" else (8, 16)
    for width, height, frames in sizes if not toy else [(64, 32, 9)]:
        with out.job(f"vae {kind} {width}x{height}"):
            model = make_vae(kind, device, toy=toy)
            shape = (1, channels, (frames - 1) // 4 + 1, height // stride, width // stride)
            latents = torch.randn(shape, device=device)
            video = torch.rand(1, 3, frames, height, width, device=device) * 2 - 1
            label = {"vae": kind, "size": f"{width}x{height}", "frames": frames}
            # diffusers first, with the memory layout it has by itself: `Vae` changes that of the weights
            _add(out, "decode", "diffusers", label, partial(_stock_decode, model), latents)
            _add(out, "encode", "diffusers", label, partial(_stock_encode, model), video)
            for name, rounded in (("wan, TF32", False), ("wan", True)):
                vae = Vae(model, rounded=rounded)
                _add(out, "decode", name, label, vae.decode, latents)
                _add(out, "encode", name, label, vae.encode, video)
            for name, channels in (("wan, conv3d", 0), ("wan, conv2d", 1 << 20)):
                with _flat_up_to(channels):
                    _add(out, "decode", name, label, vae.decode, latents)
            _add_errors(out, model, label, latents[:, :, :4])
            if out.profile:
                _profile(out, vae, latents[:, :, :4], f"decode-{kind}-{width}x{height}")


def _add_errors(out: Recorder, model: Any, label: Mapping[str, Any], latents: torch.Tensor) -> None:
    """How far the first frames are from those of full fp32: of their norm, and of 255 levels."""
    torch.backends.cudnn.allow_tf32 = False
    exact = Vae(model).decode(latents)
    torch.backends.cudnn.allow_tf32 = True
    ways = {"diffusers": lambda: _stock_decode(model, latents * Vae(model)._std + Vae(model)._mean)}
    ways |= {name: Vae(model, rounded=rounded).decode for name, rounded in (("wan, TF32", False), ("wan", True))}  # type: ignore[dict-item]
    for name, run in ways.items():
        found = run() if name == "diffusers" else run(latents)  # type: ignore[call-arg]
        levels = ((found + 1) * 127.5).round() - ((exact + 1) * 127.5).round()
        out.add(
            "decode_error", implementation=name, **label, error=float((found - exact).norm() / exact.norm()),
            largest_level=float(levels.abs().max()), changed=float((levels != 0).float().mean()),
        )  # fmt: skip


@contextmanager
def _flat_up_to(channels: int) -> Iterator[None]:
    """fp16 convolutions of so many channels as 2D ones over neighbouring frames side by side."""
    usual = vae_convolutions._NARROW
    vae_convolutions._NARROW = channels
    try:
        yield
    finally:
        vae_convolutions._NARROW = usual


def _profile(out: Recorder, vae: Vae, latents: torch.Tensor, name: str) -> None:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as seen:
        vae.decode(latents)
        synchronise(out.device)
    by = "self_cuda_time_total" if out.device.type == "cuda" else "self_cpu_time_total"
    table = seen.key_averages().table(sort_by=by, row_limit=30, max_name_column_width=110)
    out.path.with_name(f"{out.path.stem}-{name}.txt").write_text(table)


def _stock_decode(model: Any, latents: torch.Tensor) -> Any:
    return model.decode(latents).sample


def _stock_encode(model: Any, video: torch.Tensor) -> Any:
    return model.encode(video).latent_dist.mode()


def _add(
    out: Recorder, what: str, implementation: str, label: Mapping[str, Any], run: Callable[[Any], Any], given: Any
) -> None:
    run(given[:, :, :5])
    found = out.measure(lambda: run(given), 1)
    out.add(what, implementation=implementation, **{**label, "precision": "fp32"}, **found)


@torch.inference_mode()
def measure_tiling(out: Recorder, kind: str, size: tuple[int, int, int], *, toy: bool) -> None:
    """Decoding `(width, height, frames)` in tiles (`vae_tiling`) beside whole, and how far the pixels differ."""
    width, height, frames = size if not toy else (320, 64, 5)
    stride, channels = (16, 48) if kind == "2.2" else (8, 16)
    with out.job(f"vae {kind} tiled"):
        latents = torch.randn(1, channels, (frames - 1) // 4 + 1, height // stride, width // stride, device=out.device)
        label = {"vae": kind, "size": f"{width}x{height}", "frames": frames, "precision": "fp32"}
        shown: dict[bool, torch.Tensor] = {}
        for tiled in (False, True):
            vae = Vae(make_vae(kind, out.device, toy=toy), tiled=tiled)

            def decode(given: torch.Tensor, vae: Vae = vae, tiled: bool = tiled) -> None:
                shown[tiled] = vae.decode(given)

            _add(out, "tiling", "tiled" if tiled else "whole", label, decode, latents)
            shown[tiled] = shown[tiled].cpu()
        difference = float((shown[True] - shown[False]).norm() / shown[False].norm())
        out.add("tiling_error", **label, difference=difference)


@torch.inference_mode()
def measure_text_encoder(out: Recorder, *, toy: bool) -> None:
    """UMT5-XXL on a prompt of 120 tokens, bf16."""
    with out.job("text encoder"):
        model = make_text_encoder(out.device, toy=toy)
        ids = torch.randint(0, 30, (1, 120), device=out.device)

        def run() -> None:
            model(input_ids=ids, attention_mask=torch.ones_like(ids))

        run()
        out.add("text", implementation="wan", tokens=120, precision="bf16", **out.measure(run, 3))
