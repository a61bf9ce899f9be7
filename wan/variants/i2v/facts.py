"""What is known of I2V-A14B: from a first picture, or from a first and a last one."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import layout, plain_transformer
from wan.variants.i2v.instruction import INSTRUCTION
from wan.variants.i2v.size import image_size
from wan.variants.published import in_diffusers_layout, in_reference_layout, lightning_loras
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.variant import Variant

NAME = "i2v-a14b"
_EXPERT = plain_transformer(in_channels=36, image_dim=None)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"image", "end_image", "continuity"}),
    needs=frozenset({"image"}),
    size=(1280, 720),
    num_frames=81,
    fps=16,
    sampling=Sampling(40, 5.0, Guidance(3.5, 3.5), "unipc", 0.900),
    method="wan.variants.i2v.method:ImageMethod",
    render_epoch=3,
    image_size=image_size,
    transformer=Transformer(parameters=14.289e9, in_channels=36),
    autoencoder=VAE21,
    coding=Coding(encoded_per_frame=1),
    components=layout(VAE21, transformer=_EXPERT, transformer_2=_EXPERT),
    pipeline="WanImageToVideoPipeline",
    published=(
        in_diffusers_layout(
            NAME,
            "image to video, first and last frame",
            126e9,
            "Wan-AI/Wan2.2-I2V-A14B-Diffusers",
            "596658fd9ca6b7b71d5057529bbf319ecbc61d74",
        ),
        lightning_loras(NAME, "Wan2.2-I2V-A14B-4steps-lora-rank64-Seko-V1"),
        in_reference_layout(NAME, 126e9, "Wan-AI/Wan2.2-I2V-A14B", "206a9ee1b7bfaaf8f7e4d81335650533490646a3"),
    ),
    comfyui_files=("wan2.2_i2v_high_noise_14B_fp16.safetensors", "wan2.2_i2v_low_noise_14B_fp16.safetensors"),
    instruction=INSTRUCTION,
)
