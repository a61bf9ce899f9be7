"""Seconds of what runs once a clip: autoencoders and text encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch

from benchmarks.gpu.models import make_text_encoder, make_vae
from benchmarks.gpu.record import Recorder
from wan.vae import Vae


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
            vae = Vae(model)
            _add(out, "decode", "wan", label, vae.decode, latents)
            _add(out, "encode", "wan", label, vae.encode, video)


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
