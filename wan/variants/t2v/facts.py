"""What is known of T2V-A14B: text to video, and video to video."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import layout, plain_transformer
from wan.variants.published import in_diffusers_layout, in_reference_layout, lightning_loras
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.t2v.instruction import INSTRUCTION
from wan.variants.variant import Variant

NAME = "t2v-a14b"
_EXPERT = plain_transformer(in_channels=16, image_dim=None)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"video"}),
    needs=frozenset(),
    size=(1280, 720),
    num_frames=81,
    fps=16,
    sampling=Sampling(40, 12.0, Guidance(4.0, 3.0), "unipc", 0.875),
    method="wan.variants.t2v.method:VideoMethod",
    chained="frames",
    overlap=5,
    carried_frames=5,
    render_epoch=2,
    transformer=Transformer(parameters=14.288e9, in_channels=16),
    autoencoder=VAE21,
    coding=Coding(with_video="video"),
    components=layout(VAE21, transformer=_EXPERT, transformer_2=_EXPERT),
    pipeline="WanPipeline",
    published=(
        in_diffusers_layout(
            NAME,
            "text to video",
            126e9,
            "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
            "5be7df9619b54f4e2667b2755bc6a756675b5cd7",
        ),
        lightning_loras(NAME, "Wan2.2-T2V-A14B-4steps-lora-rank64-Seko-V1.1"),
        in_reference_layout(NAME, 126e9, "Wan-AI/Wan2.2-T2V-A14B", "c8c270b13ee05bfa474194ac9fb07a5868a97cea"),
    ),
    comfyui_files=("wan2.2_t2v_high_noise_14B_fp16.safetensors", "wan2.2_t2v_low_noise_14B_fp16.safetensors"),
    instruction=INSTRUCTION,
)
