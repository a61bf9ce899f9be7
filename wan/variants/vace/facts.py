"""What is known of VACE-Fun-A14B: along a control video, inside a mask, of what references show.

It is not in the reference: what is sampled with are its publisher's numbers (aigc-apps/VideoX-Fun).
"""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import ComponentKind, layout
from wan.variants.published import in_diffusers_layout, in_reference_layout
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.vace.instruction import INSTRUCTION
from wan.variants.variant import Variant

NAME = "vace-fun-a14b"
_EXPERT = ComponentKind(
    class_name="WanVACETransformer3DModel",
    config={"in_channels": 16},
    runs_as="wan.variants.vace.expert:ControlExpert",
)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"image", "control", "references", "continuity", "overlap"}),
    needs=frozenset({"control"}),
    size=(1280, 720),
    num_frames=81,
    fps=16,
    sampling=Sampling(50, 12.0, Guidance(5.0, 5.0), "unipc", 0.875),
    method="wan.variants.vace.method:ControlMethod",
    chained="frames",
    overlap=9,
    carried_frames=9,
    render_epoch=2,
    transformer=Transformer(parameters=17.34e9, in_channels=16, own_blocks=8, step=1.6),
    autoencoder=VAE21,
    coding=Coding(encoded_per_frame=2),
    components=layout(VAE21, transformer=_EXPERT, transformer_2=_EXPERT),
    pipeline="WanVACEPipeline",
    conversion="wan.variants.vace.conversion:CONVERSION",
    reference_key="wan.variants.vace.keys:vace_key",
    own_layers=("vace_",),
    published=(
        in_diffusers_layout(
            NAME,
            "control video, mask, references",
            81.3e9,
            "linoyts/Wan2.2-VACE-Fun-14B-diffusers",
            "1abfb95801b7bd8f952083ebf80b93448ddb0ce4",
        ),
        in_reference_layout(NAME, 81e9, "alibaba-pai/Wan2.2-VACE-Fun-A14B", modelscope="PAI/Wan2.2-VACE-Fun-A14B"),
    ),
    comfyui_files=(
        "wan2.2_fun_vace_high_noise_14B_bf16.safetensors",
        "wan2.2_fun_vace_low_noise_14B_bf16.safetensors",
    ),
    instruction=INSTRUCTION,
)
