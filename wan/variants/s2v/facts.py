"""What is known of S2V-14B: a person in a picture who speaks."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import ComponentKind, layout
from wan.variants.published import in_diffusers_layout, in_reference_layout
from wan.variants.s2v.clips import DROPPED_FRAMES, MOTION_FRAMES
from wan.variants.s2v.instruction import INSTRUCTION
from wan.variants.s2v.size import image_size
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.variant import Variant

NAME = "s2v-14b"
REFERENCE_CLASS = "WanModel_S2V"
"""What `_class_name` says in the `config.json` of either published layout."""
PIECE = 80
"""Frames that the reference renders at once; a shot's first piece loses some (`wan.variants.s2v.clips`)."""

NEGATIVE_PROMPT = (
    "画面模糊，最差质量，画面模糊，细节模糊不清，情绪激动剧烈，手快速抖动，字幕，丑陋的，残缺的，多余的手指，"
    "画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，"
    "三条腿，背景人很多，倒着走"
)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"image", "audio", "motion", "continuity"}),
    needs=frozenset({"image", "audio"}),
    size=(1024, 704),
    small_size=(832, 448),
    size_multiple=64,
    num_frames=PIECE - DROPPED_FRAMES,
    fps=16,
    sampling=Sampling(40, 3.0, Guidance(4.5, 4.5)),
    method="wan.variants.s2v.method:SpeechMethod",
    chained="carried",
    overlap=0,
    following_frames=PIECE,
    carried_frames=MOTION_FRAMES,
    only_lengths=(PIECE - DROPPED_FRAMES,),
    only_following_lengths=(PIECE,),
    negative_prompt=NEGATIVE_PROMPT,
    render_epoch=3,
    image_size=image_size,
    # the picture is a frame; the 19 latent frames before a clip are packed into as many tokens as one and a half have
    transformer=Transformer(parameters=16.296e9, in_channels=16, more_frames=1, more_following_frames=1.5),
    autoencoder=VAE21,
    # what went before is decoded along with a clip that follows; what a clip carries on is encoded anew
    coding=Coding(encoded=1 + MOTION_FRAMES, with_video="pose", decoded=4, decoded_following=MOTION_FRAMES),
    encoder_bytes=1.26e9,
    components=layout(
        VAE21,
        transformer=ComponentKind(
            class_name="WanS2VTransformer3DModel",
            library="wan.variants.s2v.transformer",
            published_as=REFERENCE_CLASS,
            keys="wan.variants.s2v.keys:published_key",
            runs_as="wan.variants.s2v.expert:SpeechExpert",
        ),
        audio_encoder=ComponentKind(
            class_name="Wav2Vec2ForCTC",
            library="transformers",
            keys="wan.variants.s2v.keys:speech_key",
            runs_as="wan.variants.s2v.audio:AudioEncoder",
        ),
    ),
    pipeline="WanSpeechToVideoPipeline",
    conversion="wan.variants.s2v.conversion:CONVERSION",
    reference_key="wan.variants.s2v.keys:s2v_key",
    own_layers=("audio_injector",),
    published=(
        in_diffusers_layout(NAME, "speech to video", 58.4e9, "FastVideo/Wan2.2-S2V-14B-Diffusers"),
        in_reference_layout(NAME, 46e9, "Wan-AI/Wan2.2-S2V-14B", "dab4e9c55bbe4c8c4d03db1c2c98c7f0ac9c454b"),
    ),
    comfyui_files=("wan2.2_s2v_14B_bf16.safetensors",),
    instruction=INSTRUCTION,
)
