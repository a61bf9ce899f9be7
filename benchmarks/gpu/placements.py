"""T2V-A14B at full size from a disk: bf16 shards, loaded by our loader in every placement, two steps run."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.models import make_text_encoder, make_transformer, make_vae
from benchmarks.gpu.record import Recorder, device_peak, host_anonymous, host_peak, synchronise
from wan.load import load_pipeline
from wan.placement import PLACEMENTS, Placement
from wan.request import Guidance, Numerics, Sampling
from wan.weights.checkpoint import Checkpoint

_WRITING = 150.0  # seconds
SAMPLING = Sampling(2, 5.0, Guidance(4.0, 3.0), "unipc", 0.875)  # a step of each expert


def write_checkpoint(folder: Path, device: torch.device, *, toy: bool, layers: int | None = None) -> None:
    """A checkpoint in diffusers layout. The low-noise expert's folder is the high-noise expert's: the same files, so
    that the disk holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    model = make_transformer("t2v-a14b", device, toy=toy, layers=layers)
    model.save_pretrained(folder / "transformer", max_shard_size="5GB")
    del model
    (folder / "transformer_2").symlink_to(folder / "transformer")
    text = make_text_encoder(device, toy=toy, layers=layers)
    text.save_pretrained(folder / "text_encoder", max_shard_size="5GB")
    make_vae("2.1", device, toy=toy).save_pretrained(folder / "vae")
    _write_tokenizer(folder / "tokenizer")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline", "boundary_ratio": 0.875}))


def _write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = ("<pad>", "</s>", "<unk>", "a", "boat")
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    ).save_pretrained(folder)


def measure_placements(
    out: Recorder, folder: Path, *, toy: bool, size: tuple[int, int], frames: int, layers: int | None = None
) -> None:
    """Every placement in a process of its own; their latents have to be equal to the bit."""
    with out.job("full-size shards"):
        ready, waited = folder / "model_index.json", time.monotonic()
        while folder.exists() and not ready.exists() and time.monotonic() - waited < _WRITING:
            time.sleep(1)  # another process writes it
        if not ready.exists():
            write_checkpoint(folder, out.device, toy=toy, layers=layers)
        written = sum(path.stat().st_size for path in folder.glob("*/*.safetensors") if not path.parent.is_symlink())
        out.add("written", bytes=written, **({"layers": layers} if layers else {}))
    for placement in PLACEMENTS:
        if not out.wants("placements", 20 if layers else 75):
            continue
        with out.job(placement):
            command = [sys.executable, "-m", "benchmarks.gpu.placements", str(folder), placement]
            command += [str(out.device), str(size[0]), str(size[1]), str(frames)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            print(done.stderr[-2000:], flush=True)
            if done.returncode:
                raise RuntimeError(done.stderr.strip().splitlines()[-1])
            row = json.loads(done.stdout.strip().splitlines()[-1])
            out.add("placement", **row, **({"layers": layers} if layers else {}))


@torch.inference_mode()
def run_placement(
    folder: Path, placement: Placement, device: str, size: tuple[int, int], frames: int
) -> dict[str, Any]:
    """Load, encode a prompt, a guided step of each expert, decode."""
    checkpoint = Checkpoint.at(folder, "t2v-a14b")
    checkpoint.__dict__["revision"] = "random"  # hashing 40 GB is not what is measured
    place, before = torch.device(device), host_anonymous()
    start = time.monotonic()
    numerics = Numerics("bf16", attention="_native_cudnn" if place.type == "cuda" else "sdpa")
    pipeline = load_pipeline("t2v-a14b", checkpoint, device=device, numerics=numerics, placement=placement)
    synchronise(place)
    loaded, load_peak, load_host = time.monotonic() - start, host_peak(), host_anonymous() - before
    with pipeline.parts.use("text_encoder") as encoder:
        prompt, negative = encoder.encode("a boat"), encoder.encode("a")
    pipeline.parts.done("text_encoder")
    torch.manual_seed(0)
    shape = (1, 16, (frames - 1) // 4 + 1, size[1] // 8, size[0] // 8)
    state = pipeline.begin(sampling=SAMPLING, noise=torch.randn(shape), embeddings=prompt, negative_embeddings=negative)
    marks = [time.monotonic()]

    def mark(done: int, steps: int) -> None:
        synchronise(place)
        marks.append(time.monotonic())

    state = pipeline.advance(state, on_step=mark)
    steps_peak = device_peak(place)
    if place.type == "cuda":
        torch.cuda.reset_peak_memory_stats(place)
    decode_start = time.monotonic()
    pipeline.decode(state)
    return {
        "placement": placement,
        "size": f"{size[0]}x{size[1]}",
        "frames": frames,
        "precision": "bf16",
        "load_seconds": round(loaded, 1),
        "step_seconds": [round(b - a, 2) for a, b in pairwise(marks)],
        "decode_seconds": round(time.monotonic() - decode_start, 2),
        "device_bytes": steps_peak,
        "decode_device_bytes": device_peak(place),
        "host_bytes_after_loading": load_host,
        "host_peak_bytes_loading": load_peak,
        "host_peak_bytes": host_peak(),
        "latents": hashlib.sha256(state.latents.cpu().numpy().tobytes()).hexdigest()[:16],
        "fetched_ahead": len(getattr(pipeline.parts, "fetched_ahead", ())),
    }


if __name__ == "__main__" and sys.argv[1] == "write":
    write_checkpoint(Path(sys.argv[2]), torch.device(sys.argv[3]), toy=sys.argv[3] == "cpu")
elif __name__ == "__main__":
    where, which, on, width, height, length = sys.argv[1:]
    print(json.dumps(run_placement(Path(where), which, on, (int(width), int(height)), int(length))))  # type: ignore[arg-type]
