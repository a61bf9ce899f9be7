"""Writes what the stages trained as checkpoints in diffusers layout, fp16: shared parts once, experts per variant."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import UniPCMultistepScheduler, __version__

from wan.tiny.tokens import build_tokenizer
from wan.tiny.train.denoiser import BOUNDARY, CHANNELS
from wan.tiny.train.stages import load_encoder, load_text_encoder, load_transformer

FLOW_SHIFT = 5.0
VARIANTS = {"t2v": ("t2v-a14b", "WanPipeline"), "i2v": ("i2v-a14b", "WanImageToVideoPipeline")}
EXPERTS = {"transformer": "high", "transformer_2": "low"}


def export(stages: Path, checkpoints: Path) -> int:
    """Reads the stages' folder, writes the checkpoints' folder; returns its size in bytes."""
    shared = checkpoints / "shared"
    load_encoder(stages / "vae.pt", "cpu", compile_it=False).vae.half().save_pretrained(shared / "vae")
    load_text_encoder(stages / "text.pt", "cpu").half().save_pretrained(shared / "text_encoder")
    build_tokenizer().save_pretrained(shared / "tokenizer")
    for task, (variant, pipeline) in VARIANTS.items():
        folder = checkpoints / variant
        for component, expert in EXPERTS.items():
            model = load_transformer(stages / f"{task}_{expert}.pt", CHANNELS[task], "cpu")
            model.to(torch.float16).save_pretrained(folder / component)
        UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=FLOW_SHIFT
        ).save_pretrained(folder / "scheduler")
        (folder / "model_index.json").write_text(json.dumps(_index(pipeline, BOUNDARY[task]), indent=2) + "\n")
    files = [path for path in checkpoints.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    return sum(path.stat().st_size for path in files)


def _index(pipeline: str, boundary: float) -> dict[str, object]:
    index: dict[str, object] = {
        "_class_name": pipeline,
        "_diffusers_version": __version__,
        "boundary_ratio": boundary,
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
        "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "transformer_2": ["diffusers", "WanTransformer3DModel"],
        "vae": ["diffusers", "AutoencoderKLWan"],
    }
    return index
