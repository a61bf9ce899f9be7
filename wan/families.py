"""Families: sets of checkpoints that fill the variants' roles. No torch here: planning a film reads this table.

A family may narrow a variant: the shipped `tiny` family draws one size and one length, and samples in fewer steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from wan.request import Guidance, Precision, Sampling

TINY_CHECKPOINTS = Path(__file__).parent / "tiny" / "checkpoints"


@dataclass(frozen=True, slots=True)
class FamilyLora:
    """A LoRA that belongs to a family: the file of that name in the catalog's `model` (`wan.hub.catalog`)."""

    model: str
    file: str
    expert: Literal["both", "high", "low"] = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """How a family fills one variant.

    `folder` is a directory in diffusers layout under the family's root. `shared` maps components that lie elsewhere
    (`vae`, `text_encoder`, `tokenizer`) to their folder under the root. `repo` is the Hugging Face repository that
    `folder` is a copy of. None in `size`, `num_frames`, `fps`, `sampling`, `negative_prompt`: the variant's own.
    `loras` are laid on in every clip, under those a shot names.
    `lengths` restricts the number of frames a clip may have, `following_lengths` that of a clip that goes on from
    another one of its shot; empty: any the variant allows.
    `references_miss` is what of a reference picture the weights do not take over; a plan says so.
    """

    variant: str
    folder: str
    repo: str | None = None
    shared: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    lengths: tuple[int, ...] = ()
    following_lengths: tuple[int, ...] = ()
    num_frames: int | None = None
    fps: float | None = None
    sampling: Sampling | None = None
    negative_prompt: str | None = None
    loras: tuple[FamilyLora, ...] = ()
    references_miss: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A set of checkpoints. `root` None: the person says where it is (`model.root=`), or the Hugging Face cache has it.

    `vocabulary` names a module with `unknown_words(prompt) -> list[str]` when the family knows only some words,
    `pictures` one with `of_the_world(picture) -> bool` when it can go on from some pictures only.
    `sizes` restricts the sizes shots are rendered at; a film may be a whole multiple of them.
    """

    name: str
    roles: Mapping[str, Role]
    root: Path | None = None
    precision: Precision = "reference"
    sizes: tuple[tuple[int, int], ...] = ()
    vocabulary: str | None = None
    pictures: str | None = None


_TINY_SHARED = {"vae": "shared/vae", "text_encoder": "shared/text_encoder", "tokenizer": "shared/tokenizer"}


def _tiny(variant: str, shift: float, boundary: float) -> Role:
    return Role(
        variant=variant,
        folder=variant,
        shared=_TINY_SHARED,
        size=(256, 144),
        lengths=(33,),
        num_frames=33,
        fps=16,
        sampling=Sampling(12, shift, Guidance(4.0, 3.0), "unipc", boundary),
        negative_prompt="",
    )


TINY_TEXT_IMAGE = Role(
    variant="ti2v-5b",
    folder="ti2v-5b",
    shared={**_TINY_SHARED, "vae": "shared/vae22"},
    size=(256, 144),
    lengths=(33,),
    num_frames=33,
    fps=16,
    sampling=Sampling(12, 8.0, Guidance(5.0, 5.0), "unipc"),
    negative_prompt="",
)
TINY_ANIMATE = Role(
    variant="animate-14b",
    folder="animate-14b",
    shared=_TINY_SHARED,
    size=(256, 144),
    lengths=(33,),
    num_frames=33,
    fps=16,
    sampling=Sampling(12, 5.0, Guidance(1.0, 1.0), "unipc"),
    negative_prompt="",
)
TINY_CONTROL = Role(
    variant="vace-fun-a14b",
    folder="vace-fun-a14b",
    shared={**_TINY_SHARED, "transformer_2": "vace-fun-a14b/transformer"},
    size=(256, 144),
    lengths=(33,),
    num_frames=33,
    fps=16,
    sampling=Sampling(12, 5.0, Guidance(3.0, 3.0), "unipc", 0.875),
    negative_prompt="",
    references_miss="shape",
)
"""One network in both experts' places."""
TINY_SPEECH = Role(
    variant="s2v-14b",
    folder="s2v-14b",
    shared=_TINY_SHARED,
    size=(256, 128),
    lengths=(29,),
    following_lengths=(32,),
    num_frames=29,
    fps=16,
    sampling=Sampling(12, 3.0, Guidance(1.0, 1.0), "unipc"),
    negative_prompt="",
)


def _hub(variant: str, name: str, owner: str = "Wan-AI") -> Role:
    return Role(variant=variant, folder=name, repo=f"{owner}/{name}")


def _lightning(variant: str, name: str, boundary: float) -> Role:
    """4 steps of Euler at shift 5 without guidance: what ModelTC/Wan2.2-Lightning (Apache-2.0) samples with."""
    model = f"lightning-{variant.partition('-')[0]}"
    return replace(
        _hub(variant, name),
        sampling=Sampling(4, 5.0, Guidance(1.0, 1.0), "euler", boundary),
        loras=(
            FamilyLora(model, "high_noise_model.safetensors", "high"),
            FamilyLora(model, "low_noise_model.safetensors", "low"),
        ),
    )


ANIMATE_LENGTHS = (77,)
"""The only length the reference renders a clip of Animate in; a shorter shot is trimmed (`animate.clips`)."""
SPEECH_LENGTHS, SPEECH_FOLLOWING_LENGTHS = (77,), (80,)
"""The same of S2V: pieces of 80 frames, of which a shot's first one drops 3 (`wan.variants.s2v.clips`)."""


def _family(family: Family) -> tuple[str, Family]:
    return family.name, family


FAMILIES: Mapping[str, Family] = MappingProxyType(
    dict(
        [
            _family(
                Family(
                    name="tiny",
                    root=TINY_CHECKPOINTS,
                    precision="fp32",
                    sizes=((256, 144),),
                    vocabulary="wan.tiny.vocabulary",
                    pictures="wan.tiny.pictures",
                    roles={
                        "t2v-a14b": _tiny("t2v-a14b", 5.0, 0.875),
                        "i2v-a14b": _tiny("i2v-a14b", 5.0, 0.900),
                        "ti2v-5b": TINY_TEXT_IMAGE,
                        "s2v-14b": TINY_SPEECH,
                        "animate-14b": TINY_ANIMATE,
                        "vace-fun-a14b": TINY_CONTROL,
                    },
                )
            ),
            _family(
                Family(
                    name="wan22",
                    roles={
                        "t2v-a14b": _hub("t2v-a14b", "Wan2.2-T2V-A14B-Diffusers"),
                        "i2v-a14b": _hub("i2v-a14b", "Wan2.2-I2V-A14B-Diffusers"),
                        "ti2v-5b": _hub("ti2v-5b", "Wan2.2-TI2V-5B-Diffusers"),
                        "s2v-14b": replace(
                            _hub("s2v-14b", "Wan2.2-S2V-14B-Diffusers", "FastVideo"),
                            lengths=SPEECH_LENGTHS,
                            following_lengths=SPEECH_FOLLOWING_LENGTHS,
                        ),
                        "vace-fun-a14b": _hub("vace-fun-a14b", "Wan2.2-VACE-Fun-14B-diffusers", "linoyts"),
                        "animate-14b": replace(
                            _hub("animate-14b", "Wan2.2-Animate-14B-Diffusers"), lengths=ANIMATE_LENGTHS
                        ),
                    },
                )
            ),
            _family(
                Family(name="wan22-5b", roles={"ti2v-5b": _hub("ti2v-5b", "Wan2.2-TI2V-5B-Diffusers")}),
            ),
            _family(
                Family(
                    name="wan22-lightning",
                    roles={
                        "t2v-a14b": _lightning("t2v-a14b", "Wan2.2-T2V-A14B-Diffusers", 0.875),
                        "i2v-a14b": _lightning("i2v-a14b", "Wan2.2-I2V-A14B-Diffusers", 0.900),
                    },
                )
            ),
        ]
    )
)
