"""`python -m wan.tiny.train STAGE --out DIR (--steps N | --seconds S)`: one stage after the other.

text, vae → t2v, i2v, vace, animate (animate_windows goes on with it on a CPU); audio → s2v; vae22 → ti2v; then export,
and `benchmarks/tiny_family.py` measures. Every stage goes on from the file it left; `unpack` makes the files of the
first stages of what is shipped.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wan.tiny.train.animate import animate_task
from wan.tiny.train.animate_windows import window_task
from wan.tiny.train.audio import AudioTraining, train_audio
from wan.tiny.train.denoiser import DenoiserTraining, train_denoiser
from wan.tiny.train.export import export
from wan.tiny.train.flow import FlowTraining, Task, train_flow
from wan.tiny.train.running import Budget
from wan.tiny.train.speech import speech_task
from wan.tiny.train.text import TextTraining, train_text
from wan.tiny.train.ti2v import ti2v_task
from wan.tiny.train.unpack import unpack
from wan.tiny.train.vace import beside, vace_task
from wan.tiny.train.vace_pictures import picture_task
from wan.tiny.train.vae import VaeTraining, train_vae
from wan.tiny.train.warm import start_from
from wan.tiny.world import CHECKPOINTS

SEEDS = {
    "vae": 1,
    "t2v": 2,
    "i2v": 3,
    "text": 4,
    "vae22": 5,
    "animate": 6,
    "animate_windows": 6,
    "ti2v": 7,
    "s2v": 8,
    "audio": 9,
    "vace": 10,
    "vace_pictures": 11,
}
FLOWS: dict[str, Callable[..., Task]] = {
    "animate": animate_task,
    "animate_windows": window_task,
    "ti2v": ti2v_task,
    "s2v": speech_task,
    "vace": vace_task,
    "vace_pictures": picture_task,
}
"""Stages with one transformer, and what makes their tasks."""
WARM: dict[str, dict[str, Any]] = {"vace": {"fresh": ("vace_patch_embedding",), "same_as": beside}}
"""How a stage begins with another transformer's weights, where not as TI2V does."""


def main() -> None:
    """Runs one stage."""
    args = _arguments().parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if args.stage == "export":
        print(f"{export(args.out, CHECKPOINTS) / 1e6:.2f} MB in {CHECKPOINTS}")
    elif args.stage == "unpack":
        unpack(CHECKPOINTS, args.out)
    elif args.stage in FLOWS:
        _train_flow(args)
    else:
        TRAINED[args.stage](args)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wan.tiny.train", description=__doc__)
    parser.add_argument("stage", choices=[*SEEDS, "export", "unpack"])
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, resume files and logs")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--clips", type=int, default=6144, help="t2v, i2v: clips drawn and encoded once")
    parser.add_argument("--offset", type=int, default=0, help="where the data's seeds begin: another run, other clips")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--muon-lr", type=float)
    parser.add_argument("--adam-lr", type=float)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--from", type=Path, dest="start", help="ti2v, vace: begin with this transformer's weights")
    parser.add_argument("--decoder-only", action="store_true", help="vae, vae22: go on, and leave the latents alone")
    return parser


def _shared(args: argparse.Namespace, *, batch: int) -> dict[str, Any]:
    """What every stage is told."""
    budget = Budget(steps=args.steps, seconds=args.seconds)
    return {"out": args.out, "budget": budget, "batch": args.batch or batch}


def _on_device(args: argparse.Namespace) -> dict[str, Any]:
    """What the stages are told that may be compiled and have rates of learning."""
    rates = {name: value for name in ("muon_lr", "adam_lr") if (value := getattr(args, name)) is not None}
    return {"device": args.device, "compile": not args.no_compile, **rates}


def _train_text(args: argparse.Namespace) -> None:
    train_text(TextTraining(seed=SEEDS[args.stage], **_shared(args, batch=96)))


def _train_audio(args: argparse.Namespace) -> None:
    train_audio(AudioTraining(seed=SEEDS[args.stage], device=args.device, **_shared(args, batch=8)))


def _train_vae(args: argparse.Namespace) -> None:
    own = {"kind": "2.1" if args.stage == "vae" else "2.2", "decoder_only": args.decoder_only}
    train_vae(VaeTraining(seed=SEEDS[args.stage], **own, **_shared(args, batch=8), **_on_device(args)))


def _train_denoiser(args: argparse.Namespace) -> None:
    own = {"task": args.stage, "clips": args.clips, "seed": SEEDS[args.stage]}
    train_denoiser(DenoiserTraining(**own, **_shared(args, batch=64), **_on_device(args)))


def _train_flow(args: argparse.Namespace) -> None:
    seed = SEEDS[args.stage] * 10**9 + args.offset
    task = FLOWS[args.stage](args.out, clips=args.clips, seed=seed, batch=16, device=args.device)
    if args.start is not None:
        start_from(task.model, args.start, **WARM.get(args.stage, {}))
    train_flow(task, FlowTraining(**_shared(args, batch=64), **_on_device(args)))


TRAINED: dict[str, Callable[[argparse.Namespace], None]] = {
    "text": _train_text,
    "audio": _train_audio,
    "vae": _train_vae,
    "vae22": _train_vae,
    "t2v": _train_denoiser,
    "i2v": _train_denoiser,
}
"""The other stages."""


if __name__ == "__main__":
    main()
