"""Writes what the stages trained as checkpoints in diffusers layout, fp16: shared parts once, experts per variant.

Variants whose stages are not in the folder are left as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UniPCMultistepScheduler, __version__

from wan.tiny import models
from wan.tiny.tokens import build_tokenizer
from wan.tiny.train import animate, speech, ti2v, vace
from wan.tiny.train.audio import load_audio_encoder
from wan.tiny.train.denoiser import BOUNDARY, CHANNELS
from wan.tiny.train.stages import load_encoder, load_state, load_text_encoder, load_transformer
from wan.variants import VARIANTS

FLOW_SHIFT = 5.0
PAIRS = {"t2v": ("t2v-a14b", "WanPipeline"), "i2v": ("i2v-a14b", "WanImageToVideoPipeline")}
EXPERTS = {"transformer": "high", "transformer_2": "low"}
SCHEDULER = ("diffusers", "UniPCMultistepScheduler")
COMMON: Mapping[str, tuple[str, str]] = {
    "scheduler": SCHEDULER,
    "text_encoder": ("transformers", "UMT5EncoderModel"),
    "tokenizer": ("transformers", "PreTrainedTokenizerFast"),
    "vae": ("diffusers", "AutoencoderKLWan"),
}


def export(stages: Path, checkpoints: Path) -> int:
    """Reads the stages' folder, writes the checkpoints' folder; returns its size in bytes."""
    shared = checkpoints / "shared"
    if (stages / "vae.pt").exists():
        load_encoder(stages / "vae.pt", "cpu", compile_it=False).vae.half().save_pretrained(shared / "vae")
    if (stages / "text.pt").exists():
        load_text_encoder(stages / "text.pt", "cpu").half().save_pretrained(shared / "text_encoder")
        build_tokenizer().save_pretrained(shared / "tokenizer")
    for task, (variant, pipeline) in PAIRS.items():
        if (stages / f"{task}_low.pt").exists():
            _export_experts(stages, checkpoints / variant, task, pipeline)
    if (stages / "ti2v.pt").exists():
        vae = load_encoder(stages / "vae22.pt", "cpu", compile_it=False, kind="2.2").vae
        vae.half().save_pretrained(shared / "vae22")
        transformer = models.build_ti2v_transformer()
        transformer.load_state_dict(load_state(stages / "ti2v.pt"))
        _export_single(checkpoints / "ti2v-5b", "WanPipeline", ti2v.FLOW_SHIFT, transformer=transformer)
    if (stages / "s2v.pt").exists():
        speaker = models.build_s2v_transformer()
        speaker.load_state_dict(load_state(stages / "s2v.pt"))
        ears = load_audio_encoder(stages / "audio.pt", "cpu")
        folder = checkpoints / "s2v-14b"
        _export_single(folder, "WanSpeechToVideoPipeline", speech.FLOW_SHIFT, transformer=speaker, audio_encoder=ears)
    if (stages / "animate.pt").exists():
        both = animate.AnimateModel()
        both.load_state_dict(load_state(stages / "animate.pt"))
        parts = {"transformer": both.transformer, "image_encoder": both.image_encoder}
        _export_single(checkpoints / "animate-14b", "WanAnimatePipeline", animate.FLOW_SHIFT, **parts)
    if (stages / "vace.pt").exists():
        controlled = models.build_vace_transformer()
        controlled.load_state_dict(_controlled(stages))
        folder = checkpoints / "vace-fun-a14b"
        _export_single(folder, "WanVACEPipeline", vace.FLOW_SHIFT, transformer=controlled)
    files = [path for path in checkpoints.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    return sum(path.stat().st_size for path in files)


def _controlled(stages: Path) -> dict[str, Any]:
    """VACE as its last stage left it."""
    if not (stages / "vace_pictures.pt").exists():
        return load_state(stages / "vace.pt")
    saved, prefix = load_state(stages / "vace_pictures.pt"), "transformer."
    return {name.removeprefix(prefix): weight for name, weight in saved.items() if name.startswith(prefix)}


def _export_experts(stages: Path, folder: Path, task: str, pipeline: str) -> None:
    for component, expert in EXPERTS.items():
        model = load_transformer(stages / f"{task}_{expert}.pt", CHANNELS[task], "cpu")
        model.to(torch.float16).save_pretrained(folder / component)
    _scheduler(FLOW_SHIFT).save_pretrained(folder / "scheduler")
    experts = dict.fromkeys(EXPERTS, ("diffusers", "WanTransformer3DModel"))
    _write_index(folder, pipeline, experts, boundary_ratio=BOUNDARY[task])


def _export_single(folder: Path, pipeline: str, flow_shift: float, **parts: Any) -> None:
    """A variant with one transformer and what else is its own."""
    for name, model in parts.items():
        model.to(torch.float16).save_pretrained(folder / name)
    _scheduler(flow_shift).save_pretrained(folder / "scheduler")
    kinds = {name: VARIANTS[folder.name].components[name] for name in parts}
    _write_index(folder, pipeline, {name: (kind.library, kind.class_name) for name, kind in kinds.items()})


def _scheduler(flow_shift: float) -> UniPCMultistepScheduler:
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=flow_shift)


def _write_index(folder: Path, pipeline: str, parts: Mapping[str, tuple[str, str]], **more: float) -> None:
    head = {"_class_name": pipeline, "_diffusers_version": __version__, **more}
    index = head | {name: list(kind) for name, kind in sorted({**COMMON, **parts}.items())}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
