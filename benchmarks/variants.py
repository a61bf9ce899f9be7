"""The variants at true size with random weights on one GPU: seconds a step, autoencoder, text encoder, memory, in one
run side by side with stock diffusers. Results accumulate in `benchmarks/results/`, one JSON file a run.

    python -m benchmarks.variants --out RUN.jsonl --jobs t2v,s2v        # on a GPU
    python -m benchmarks.variants --keep RUN.jsonl                      # RUN.jsonl → benchmarks/results/RUN.json
    python -m benchmarks.variants --docs                                # results → docs/benchmarks.md
    python -m benchmarks.variants --out RUN.jsonl --toy                 # tiny models on the CPU: does it run?
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.gpu.record import Recorder
    from benchmarks.gpu.steps import Clip

RESULTS = Path(__file__).parent / "results"
JOBS = (
    "t2v", "vae", "tiling", "text", "s2v", "animate", "precisions", "placements", "fp8", "fp8_storage", "ti2v", "i2v",
    "vace", "eager", "prompts", "attention", "convolutions",
)  # fmt: skip
_LARGE, _SMALL = (1280, 720), (832, 480)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="a JSON-lines file for the rows of this run")
    parser.add_argument("--jobs", default=",".join(JOBS), help="some of " + ",".join(JOBS))
    parser.add_argument("--seconds", type=float, default=540, help="begin no figure that ends later than this")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/wanflow-full-size"), help="for full-size shards")
    parser.add_argument("--sizes", help="steps at these sizes alone: 1280x720,832x480")
    parser.add_argument("--attention", default="auto", help="kernels of a step, each measured: auto,_native_cudnn")
    parser.add_argument("--no-stock", action="store_true", help="no stock diffusers beside the steps")
    parser.add_argument("--repeats", type=int, help="of a step, instead of each job's own")
    parser.add_argument("--profile", action="store_true", help="write tables of kernels beside --out")
    parser.add_argument(
        "--short", action="store_true", help="placements of 4 blocks on short clips: a check, no timing"
    )
    parser.add_argument("--toy", action="store_true", help="tiny models, on the CPU")
    parser.add_argument("--keep", type=Path, help="file the rows of a finished run among the results")
    parser.add_argument("--docs", action="store_true", help="write the section of docs/benchmarks.md")
    arguments = parser.parse_args()
    if arguments.keep:
        keep(arguments.keep)
    if arguments.docs:
        from benchmarks.variants_docs import write_docs

        write_docs()
    if arguments.out:
        run(arguments)


def run(asked: argparse.Namespace) -> None:
    """Every job in the order given, each row written as it is measured."""
    started = time.monotonic()
    import torch

    from benchmarks.gpu.record import Recorder

    asked.out.parent.mkdir(parents=True, exist_ok=True)
    _check_sizes(asked)
    device = torch.device("cpu" if asked.toy else "cuda")
    out = Recorder(asked.out, device, started + asked.seconds, asked.profile)
    out.add("machine", **machine(device))
    for job in asked.jobs.split(","):
        _run_job(out, job, asked)
    out.add("end", seconds=time.monotonic() - started)


def _check_sizes(asked: argparse.Namespace) -> None:
    """End the program where a size is asked for that none of the jobs has."""
    steps = _steps(toy=asked.toy)
    known = dict.fromkeys(of.name for job in asked.jobs.split(",") for of in steps.get(job, ([],))[0])
    for size in asked.sizes.split(",") if asked.sizes else ():
        if size not in known:
            raise SystemExit(f"--sizes {size}: these jobs measure {', '.join(known) or 'no steps'}")


def _steps(*, toy: bool) -> dict[str, tuple[list[Clip], dict[str, Any], float]]:
    """By job: the clips whose steps are measured, how, and how many seconds that takes."""
    from benchmarks.gpu.steps import clip

    both = [_SMALL, _LARGE]
    steps: dict[str, tuple[list[Clip], dict[str, Any], float]] = {
        "t2v": ([clip("t2v-a14b", size, 81, toy=toy) for size in both], {}, 150),
        "i2v": ([clip("i2v-a14b", size, 81, toy=toy) for size in both], {"repeats": 1, "stock_at": ["1280x720"]}, 80),
        "ti2v": ([clip("ti2v-5b", (1280, 704), 121, toy=toy)], {}, 35),
        "s2v": ([clip("s2v-14b", size, 80, toy=toy) for size in ((832, 448), (1024, 704))], {"stock": False}, 80),
        "animate": ([clip("animate-14b", size, 77, toy=toy) for size in both], {}, 90),
        "vace": ([clip("vace-fun-a14b", size, 81, toy=toy) for size in both], {}, 200),
        "fp8": ([clip("t2v-a14b", size, 81, toy=toy) for size in both], {"precision": "fp8", "stock": False}, 90),
        "fp8_storage": (
            [clip("t2v-a14b", size, 81, toy=toy) for size in both],
            {"precision": "fp8_storage", "stock": False},
            100,
        ),
        "eager": (
            [clip("t2v-a14b", size, 81, toy=toy) for size in both],
            {"compiled": False, "stock": False, "repeats": 1},
            50,
        ),
    }
    if toy:
        steps["fp8"][1]["precision"] = "fp8_storage"
    return steps


def _run_job(out: Recorder, job: str, asked: argparse.Namespace) -> None:
    from benchmarks.gpu.kernels import measure_attention, measure_convolutions
    from benchmarks.gpu.parts import measure_text_encoder, measure_tiling, measure_vae
    from benchmarks.gpu.placements import measure_placements
    from benchmarks.gpu.prompts import measure_prompt_model
    from benchmarks.gpu.steps import measure_precisions, measure_steps

    toy, short, folder = asked.toy, asked.short, asked.folder
    steps = _steps(toy=toy)
    if job in steps:
        clips, options, seconds = steps[job]
        if asked.sizes:
            each = seconds / len(clips)
            clips = [of for of in clips if of.name in asked.sizes.split(",")]
            seconds = each * len(clips)
        if asked.repeats:
            options["repeats"] = asked.repeats
        if asked.no_stock:
            options["stock"] = False
        options["attentions"] = asked.attention.split(",")
        if clips and out.wants(job, seconds):
            with out.job(job):
                measure_steps(out, clips, toy=toy, **({"compiled": False} if toy else {}) | options)
    elif job == "vae" and out.wants(job, 45):
        measure_vae(out, "2.1", [(*_SMALL, 81), (*_LARGE, 81)], toy=toy)
        measure_vae(out, "2.2", [(1280, 704, 121)], toy=toy)
    elif job == "attention" and out.wants(job, 30):
        measure_attention(out, toy=toy)
    elif job == "convolutions" and out.wants(job, 20):
        measure_convolutions(out, toy=toy)
    elif job == "tiling" and out.wants(job, 35):
        measure_tiling(out, "2.1", (*_LARGE, 81), toy=toy)
        measure_tiling(out, "2.2", (1280, 704, 121), toy=toy)
    elif job == "prompts" and out.wants(job, 70):
        measure_prompt_model(out, folder.with_name(f"{folder.name}-prompts"), toy=toy)
    elif job == "text" and out.wants(job, 15):
        measure_text_encoder(out, toy=toy)
    elif job == "precisions" and out.wants(job, 25):
        with out.job(job):
            measure_precisions(out, toy=toy)
    elif job == "placements" and out.wants(job, 60 if short else 150):
        size, frames = ((64, 32), 9) if toy else (_SMALL, 17 if short else 81)
        measure_placements(out, folder, toy=toy, size=size, frames=frames, layers=4 if short else None)


def machine(device: Any) -> dict[str, Any]:
    import diffusers
    import torch
    import transformers

    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else "none"
    return {
        "gpu": gpu,
        "date": time.strftime("%Y-%m-%d"),
        "torch": torch.__version__,
        "cudnn": torch.backends.cudnn.version() if device.type == "cuda" else None,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
    }


def keep(path: Path) -> None:
    """The rows of a run, which may have been cut short, as one JSON file among the results."""
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    machine = next(row for row in rows if row["what"] == "machine")
    target = RESULTS / f"{path.stem}.json"
    target.parent.mkdir(exist_ok=True)
    body = {"machine": {k: v for k, v in machine.items() if k != "what"}}
    figures = [row for row in rows if row["what"] not in ("machine", "end")]
    target.write_text(json.dumps({**body, "rows": figures}, indent=1) + "\n")
    print(f"{target}: {len(figures)} rows")


if __name__ == "__main__":
    main()
