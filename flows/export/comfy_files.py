"""What ComfyUI calls things: the files of its repackaged WAN 2.2, and its names for solvers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TEXT_ENCODER = "umt5_xxl_fp16.safetensors"
AUDIO_ENCODER = "wav2vec2_large_english_fp16.safetensors"
CLIP_VISION = "clip_vision_h.safetensors"
RELIGHTING_LORA = "WanAnimate_relight_lora_fp16.safetensors"
_VAE21 = "wan_2.1_vae.safetensors"
_VAE22 = "wan2.2_vae.safetensors"


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one variant: the high-noise expert first, or the only transformer; and the autoencoder."""

    transformers: tuple[str, ...]
    vae: str = _VAE21


def _pair(name: str) -> Files:
    return Files(tuple(f"wan2.2_{name}_{noise}_noise_14B_fp16.safetensors" for noise in ("high", "low")))


FILES: Mapping[str, Files] = MappingProxyType(
    {
        "t2v-a14b": _pair("t2v"),
        "i2v-a14b": _pair("i2v"),
        "ti2v-5b": Files(("wan2.2_ti2v_5B_fp16.safetensors",), _VAE22),
        "s2v-14b": Files(("wan2.2_s2v_14B_bf16.safetensors",)),
        "animate-14b": Files(("wan2.2_animate_14B_bf16.safetensors",)),
        "vace-fun-a14b": Files(
            tuple(f"wan2.2_fun_vace_{noise}_noise_14B_bf16.safetensors" for noise in ("high", "low"))
        ),
    }
)
"""Of Comfy-Org/Wan_2.2_ComfyUI_Repackaged on Hugging Face; whoever has others (fp8) changes the names."""

SAMPLERS: Mapping[str, str] = MappingProxyType({"unipc": "uni_pc_bh2", "dpmpp": "dpmpp_2m", "euler": "euler"})
"""wanflow's solvers in ComfyUI. Its `uni_pc` is another member of the family (bh1); the reference's is bh2."""

SCHEDULER = "simple"
"""Evenly spaced times, then shifted: of ComfyUI's schedules the one that is closest to the reference's."""
