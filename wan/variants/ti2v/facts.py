"""What is known of TI2V-5B: from a prompt, or from a prompt and a first picture."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import layout, plain_transformer
from wan.variants.i2v.instruction import INSTRUCTION as OF_PICTURES
from wan.variants.published import in_diffusers_layout, in_reference_layout
from wan.variants.sizes import VAE22, Coding, Transformer
from wan.variants.t2v.instruction import INSTRUCTION as OF_TEXT
from wan.variants.ti2v.size import image_size
from wan.variants.variant import Variant

NAME = "ti2v-5b"

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"image", "continuity"}),
    needs=frozenset(),
    size=(1280, 704),
    small_size=(1280, 704),
    size_multiple=32,
    num_frames=121,
    fps=24,
    sampling=Sampling(50, 5.0, Guidance(5.0, 5.0)),
    method="wan.variants.ti2v.method:TextImageMethod",
    render_epoch=2,
    image_size=image_size,
    transformer=Transformer(parameters=5.0e9, in_channels=48, dim=3072, ffn_dim=14336, layers=30, out_channels=48),
    autoencoder=VAE22,
    coding=Coding(encoded=1),
    components=layout(VAE22, transformer=plain_transformer(in_channels=48)),
    pipeline="WanPipeline",
    pipeline_config={"expand_timesteps": True},  # tokens have timesteps of their own: a given image's stay at 0
    published=(
        in_diffusers_layout(
            NAME,
            "text or image to video, small",
            34e9,
            "Wan-AI/Wan2.2-TI2V-5B-Diffusers",
            "b8fff7315c768468a5333511427288870b2e9635",
        ),
        in_reference_layout(NAME, 34e9, "Wan-AI/Wan2.2-TI2V-5B", "921dbaf3f1674a56f47e83fb80a34bac8a8f203e"),
    ),
    comfyui_files=("wan2.2_ti2v_5B_fp16.safetensors",),
    instruction=OF_TEXT,
    instruction_with_picture=OF_PICTURES,
)
