"""What ComfyUI calls things: the files that its repackaged variants of WAN 2.2 share, and its names for solvers.

Those of one variant are among its facts (`Variant.comfyui_files`). All are of Comfy-Org/Wan_2.2_ComfyUI_Repackaged on
Hugging Face; whoever has others (fp8) changes the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXT_ENCODER = "umt5_xxl_fp16.safetensors"
AUDIO_ENCODER = "wav2vec2_large_english_fp16.safetensors"
CLIP_VISION = "clip_vision_h.safetensors"
RELIGHTING_LORA = "WanAnimate_relight_lora_fp16.safetensors"

SAMPLERS: Mapping[str, str] = MappingProxyType({"unipc": "uni_pc_bh2", "dpmpp": "dpmpp_2m", "euler": "euler"})
"""wanflow's solvers in ComfyUI. Its `uni_pc` is another member of the family (bh1); the reference's is bh2."""

SCHEDULER = "simple"
"""Evenly spaced times, then shifted: of ComfyUI's schedules the one that is closest to the reference's."""
