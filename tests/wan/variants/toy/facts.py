"""A variant that there is not, as its folder would hold it: T2V-A14B's models, and a method of its own."""

from __future__ import annotations

from wan.request import Guidance, Sampling
from wan.variants.components import layout, plain_transformer
from wan.variants.instruction import Instruction
from wan.variants.published import in_diffusers_layout
from wan.variants.sizes import VAE21, Coding, Transformer
from wan.variants.variant import Variant

NAME = "toy-1b"
_EXPERT = plain_transformer(in_channels=16, image_dim=None)

VARIANT = Variant(
    name=NAME,
    inputs=frozenset({"video"}),
    needs=frozenset(),
    size=(640, 480),
    num_frames=49,
    fps=8,
    sampling=Sampling(10, 4.0, Guidance(2.0, 2.0), "unipc", 0.5),
    method="wan.variants.toy.method:ToyMethod",
    transformer=Transformer(parameters=1.0e9, in_channels=16, dim=1024, ffn_dim=4096, layers=20),
    autoencoder=VAE21,
    coding=Coding(with_video="video"),
    components=layout(VAE21, transformer=_EXPERT, transformer_2=_EXPERT),
    pipeline="WanPipeline",
    published=(in_diffusers_layout(NAME, "toys", 5e9, "Toys/Toy-1B-Diffusers"),),
    instruction=Instruction("You write about toys.", 10, 40, "The picture shows the toy."),
)
