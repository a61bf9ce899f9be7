"""Seconds a denoising step on several GPUs of one machine, at true size with random weights (`wan.parallel`).

    torchrun --nproc-per-node 2 -m benchmarks.gpu.gang --out RUN.jsonl --jobs t2v:guidance=2 t2v:alone t2v:sequence=2

A job is a variant and a layout; `alone`: every GPU takes the whole step by itself. Jobs of one variant that follow each
other have the same weights and inputs, and their velocities are compared. Only rank 0 writes and speaks.

`vae` is the autoencoder, whose rows are shared out over all GPUs whatever the layout.

    torchrun --nproc-per-node 2 -m benchmarks.gpu.gang --out RUN.jsonl --toy        # on the CPU: does it run?
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.gpu.models import make_transformer, make_vae
from benchmarks.gpu.record import Recorder, free_memory, synchronise
from benchmarks.gpu.steps import Clip, Step, clip, kernel_name, velocities_of, wan_step, warm_up
from benchmarks.variants import machine
from wan.load import set_attention
from wan.model.vae import Vae
from wan.parallel.gang import Gang, make_share
from wan.parallel.layout import Layout, layout_for, parse_layout
from wan.parallel.rows import Rows
from wan.parallel.share import ALONE, Share
from wan.precision import cast_model
from wan.request import Numerics

CLIPS = {
    "t2v": ("t2v-a14b", (1280, 720), 81),
    "i2v": ("i2v-a14b", (1280, 720), 81),
    "vace": ("vace-fun-a14b", (1280, 720), 81),
    "s2v": ("s2v-14b", (1024, 704), 80),
    "animate": ("animate-14b", (1280, 720), 77),
}
VAE = "vae"
_VAE_SIZE = (1280, 720, 81)
_ONE_HOST = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo", "NCCL_NVLS_ENABLE": "0"}
_KINDS = (
    ("exchange", ("nccl",)),
    ("attention", ("flash", "fmha", "sdpa", "attention")),
    ("products", ("gemm", "nvjet", "cutlass", "cublas")),
)
"""By words in the names of kernels, the first that fits."""


def main() -> None:
    asked = _arguments()
    for name, value in _ONE_HOST.items():
        os.environ.setdefault(name, value)
    started = time.monotonic()
    gang = Gang.join(_whole(), device="cpu" if asked.toy else "auto", seconds=asked.patience)
    if not gang.leads:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until the process ends)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    path = asked.out if gang.leads else asked.out.with_suffix(f".rank{gang.rank}.jsonl")
    out = Recorder(path, gang.device, started + asked.seconds)
    out.add("machine", **machine(gang.device), gpus=gang.share.layout.ranks)
    bench = Bench(out, gang, asked)
    for job in asked.jobs:
        bench.run(*job)
    out.add("end", seconds=time.monotonic() - started)
    if not gang.leads:
        path.unlink()
    gang.leave()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a JSON-lines file for the rows of this run")
    parser.add_argument("--jobs", nargs="+", type=_job, default=[("t2v", None), ("t2v", layout_for(_ranks()))])
    parser.add_argument("--precision", default="reference")
    parser.add_argument("--attention", default="auto")
    parser.add_argument("--repeats", type=int, default=3, help="timed steps of a job, after two to warm up")
    parser.add_argument("--seconds", type=float, default=520, help="begin no job after this many")
    parser.add_argument("--patience", type=float, default=150, help="seconds until a member counts as lost")
    parser.add_argument("--no-profile", action="store_true", help="do not take one more step to see where time goes")
    parser.add_argument("--toy", action="store_true", help="tiny models, on the CPU")
    return parser.parse_args()


def _job(text: str) -> tuple[str, Layout | None]:
    name, _, layout = text.partition(":")
    if name not in (*CLIPS, VAE):
        raise argparse.ArgumentTypeError(f"{name}: there are {', '.join((*CLIPS, VAE))}")
    found = None if layout == "alone" else parse_layout(layout)
    if found is not None and found.ranks != _ranks():
        raise argparse.ArgumentTypeError(f"{text}: {found.ranks} ranks, but {_ranks()} processes were started")
    return name, found


def _ranks() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def _whole() -> Layout:
    return Layout(sequence=_ranks())


class Bench:
    """The jobs of one run: the model at hand, and what the first job of its variant gave."""

    def __init__(self, out: Recorder, gang: Gang, asked: argparse.Namespace) -> None:
        self.out, self.gang, self.asked = out, gang, asked
        self.device = gang.device
        self._shares: dict[Layout | None, Share] = {None: ALONE}
        self._name, self._model = "", None
        self._first: Tensor | None = None

    def run(self, name: str, layout: Layout | None) -> None:
        """One job. What fails on one member fails on all; what fails on one alone is waited for, and ends the run."""
        told = f"{name}:{layout or 'alone'}"
        if self.gang.any(time.monotonic() > self.out.deadline):
            self.out.add("skipped", job=told, reason="no time left")
            return
        with self.out.job(told):
            if name == VAE:
                self._measure_vae(layout, told)
            else:
                self._measure(name, layout, told)

    @torch.inference_mode()
    def _measure(self, name: str, layout: Layout | None, told: str) -> None:
        of = clip(*CLIPS[name], toy=self.asked.toy)
        numerics = Numerics(self.asked.precision, attention=self.asked.attention, compile=not self.asked.toy)
        model, share = self._model_of(name, of, numerics), self._share(layout)
        step = wan_step(model, of, numerics, self.device, share)
        self._say(told, "made; compiling")
        warm_up(model, step)
        self._say(told, "compiled; warming up")
        found = velocities_of(step)
        synchronise(self.device)
        self._say(told, "warm; measuring")
        repeats = 1 if layout is None else self.asked.repeats
        row = self.out.measure(lambda: self._together(step), repeats)
        row |= self._difference(found)
        if layout is not None and not self.asked.no_profile and self.device.type == "cuda":
            row["kernels"] = self._profile(step)
        ranks = 1 if layout is None else layout.ranks
        self.out.add(
            "gang_step", variant=of.variant, size=of.name, frames=of.frames, guided=of.guided,
            layout=str(layout or "alone"), gpus=ranks, gpu_seconds=row["seconds"] * ranks,
            precision=numerics.precision, attention=numerics.attention, kernel=kernel_name(numerics, self.device),
            compile=numerics.compile, **row,
        )  # fmt: skip

    @torch.inference_mode()
    def _measure_vae(self, layout: Layout | None, told: str) -> None:
        """Decoding and encoding, compared with the first job."""
        self._forget(VAE)
        if self._model is None:
            self._model = make_vae("2.1", self.device, toy=self.asked.toy)
        ranks = 1 if layout is None else layout.ranks
        vae = Vae(self._model, rounded=True, rows=Rows(self.gang.rank if layout else 0, ranks))
        width, height, frames = (128, 64, 9) if self.asked.toy else _VAE_SIZE
        torch.manual_seed(1)
        latents = torch.randn(1, 16, (frames - 1) // 4 + 1, height // 8, width // 8, device=self.device)
        video = vae.decode(latents)
        row = self._difference(video)
        for what, function, given in (("decode", vae.decode, latents), ("encode", vae.encode, video)):
            function(given)
            self._say(told, f"warm; measuring {what}")
            found = self.out.measure(lambda run=function, given=given: self._together(lambda: run(given)), 2)
            size = f"{width}x{height}"
            self.out.add(f"gang_{what}", layout=str(layout or "alone"), gpus=ranks, size=size, frames=frames,
                         **found, **(row if what == "decode" else {}))  # fmt: skip

    def _model_of(self, name: str, of: Clip, numerics: Numerics) -> Any:
        self._forget(name)
        if self._model is None:
            self._model = cast_model(make_transformer(of.variant, self.device, toy=self.asked.toy), numerics.precision)
            set_attention(self._model, numerics, self.device)
        return self._model

    def _forget(self, name: str) -> None:
        """The model at hand and what it gave, unless the job is of the same name."""
        if name != self._name:
            self._model = self._first = None
            free_memory(self.device)
            self._name = name

    def _share(self, layout: Layout | None) -> Share:
        if layout not in self._shares:
            assert layout is not None
            limit = timedelta(seconds=self.asked.patience)
            self._shares[layout] = make_share(layout, self.gang.rank, self.device, limit)
        return self._shares[layout]

    def _together(self, step: Step) -> None:
        """All begin at once."""
        self.gang.any(False)
        step()

    def _difference(self, found: Tensor) -> dict[str, Any]:
        """To the first job of the same variant: whether all bits are the same, and the error's share of the norm."""
        here = found.cpu()
        if self._first is None:
            self._first = here
            return {}
        error = float((here - self._first).norm() / self._first.norm())
        return {"same_bits": torch.equal(here, self._first), "difference": error}

    def _profile(self, step: Step) -> dict[str, float]:
        """Seconds of a step by kind of kernel, on rank 0; exchanges wait for the others in theirs."""
        from torch.profiler import ProfilerActivity, profile

        with ExitStack() as stack:
            seen = None
            if self.gang.leads:
                try:
                    seen = stack.enter_context(profile(activities=[ProfilerActivity.CUDA]))
                except RuntimeError as error:  # the others take the step, and would wait for this one
                    self._say("profile", str(error))
            self._together(step)
            synchronise(self.device)
        if seen is None:
            return {}
        return by_kind({event.key: event.self_device_time_total / 1e6 for event in seen.key_averages()})

    def _say(self, told: str, what: str) -> None:
        print(f"[{time.strftime('%H:%M:%S')}] {told}: {what}", flush=True)


def by_kind(kernels: dict[str, float]) -> dict[str, float]:
    """Seconds of kernels by name → by kind."""
    found: dict[str, float] = {}
    for name, seconds in kernels.items():
        low = name.lower()
        kind = next((kind for kind, words in _KINDS if any(word in low for word in words)), "rest")
        found[kind] = round(found.get(kind, 0.0) + seconds, 4)
    return found


if __name__ == "__main__":
    main()
