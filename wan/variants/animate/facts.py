"""What is known of Animate-14B: a figure in a picture that moves as in a video, or takes somebody's place there."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.animate.instruction import INSTRUCTION
from wan.variants.components import ComponentKind, layout
from wan.variants.published import Model, in_diffusers_layout, in_reference_layout
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.variant import Variant

NAME = "animate-14b"
_REPO = "Wan-AI/Wan2.2-Animate-14B"
_COMMIT = "cb93a225fbaf1ca100f54e79da8f994995b689b3"
"""The weights, the detectors and the relighting LoRA are in one repository."""

_PUBLISHED = (
    in_diffusers_layout(NAME, "motion of a video onto a character", 82.3e9, "Wan-AI/Wan2.2-Animate-14B-Diffusers"),
    Model(
        name="animate-relighting",
        purpose=f"relighting LoRA for {NAME}'s replace mode",
        size=2.87e9,
        layout="lora",
        huggingface=_REPO,
        modelscope=_REPO,
        commit=_COMMIT,
        variant=NAME,
        files=("relighting_lora/*.safetensors", "relighting_lora/*.json"),
    ),
    Model(
        name="animate-pose",
        purpose=f"person and pose detectors for {NAME} (YOLOv10m, ViTPose-H whole body)",
        size=2.611e9,
        layout="onnx",
        huggingface=_REPO,
        modelscope=_REPO,
        commit=_COMMIT,
        licence="Apache-2.0, YOLOv10 AGPL-3.0",
        files=("process_checkpoint/det/*.onnx", "process_checkpoint/pose2d/*"),
    ),
    Model(
        name="sam2-hiera-large",
        purpose=f"masks for {NAME}'s replace mode",
        size=0.898e9,
        layout="transformers",
        huggingface="facebook/sam2-hiera-large",
        modelscope=None,
        commit="e6a8e8809b8f1bfa2238b6d080f3d05cc76bd251",
    ),
    in_reference_layout(NAME, 56e9, _REPO, _COMMIT),
)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"image", "motion"}),
    needs=frozenset({"image", "motion"}),
    size=(1280, 720),
    num_frames=77,
    fps=30,
    sampling=Sampling(20, 5.0, Guidance(1.0, 1.0)),
    method="wan.variants.animate.method:AnimateMethod",
    chained="carried",
    only_lengths=(77,),
    render_epoch=2,
    transformer=Transformer(parameters=17.275e9, in_channels=36, more_frames=1),  # the person's
    autoencoder=VAE21,
    coding=Coding(encoded=1, encoded_per_frame=2),
    encoder_bytes=2.53e9,
    components=layout(
        VAE21,
        transformer=ComponentKind(
            class_name="WanAnimateTransformer3DModel",
            config={"in_channels": 36},
            runs_as="wan.variants.animate.expert:AnimateExpert",
        ),
        image_encoder=ComponentKind(
            class_name="CLIPVisionModel",
            library="transformers",
            keys="wan.convert.clip_vision:published_clip_key",
            runs_as="wan.variants.animate.image_encoder:ImageEncoder",
        ),
    ),
    pipeline="WanAnimatePipeline",
    conversion="wan.variants.animate.conversion:CONVERSION",
    reference_key="wan.variants.animate.keys:animate_key",
    own_layers=("face_adapter", "motion_encoder"),
    published=_PUBLISHED,
    comfyui_files=("wan2.2_animate_14B_bf16.safetensors",),
    instruction=INSTRUCTION,
)
