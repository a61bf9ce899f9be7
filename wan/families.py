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
from wan.variants import VARIANTS

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


def _by_variant(*roles: Role) -> dict[str, Role]:
    return {role.variant: role for role in roles}


_TINY_SHARED = {"vae": "shared/vae", "text_encoder": "shared/text_encoder", "tokenizer": "shared/tokenizer"}


def _tiny(variant: str, flow_shift: float, guidance: Guidance) -> Role:
    """One size, one length, 12 steps."""
    return Role(
        variant=variant,
        folder=variant,
        shared=_TINY_SHARED,
        size=(256, 144),
        lengths=(33,),
        num_frames=33,
        fps=16,
        sampling=Sampling(12, flow_shift, guidance, "unipc", VARIANTS[variant].sampling.boundary_ratio),
        negative_prompt="",
    )


TINY = Family(
    name="tiny",
    root=TINY_CHECKPOINTS,
    precision="fp32",
    sizes=((256, 144),),
    vocabulary="wan.tiny.vocabulary",
    pictures="wan.tiny.pictures",
    roles=_by_variant(
        _tiny("t2v-a14b", 5.0, Guidance(4.0, 3.0)),
        _tiny("i2v-a14b", 5.0, Guidance(4.0, 3.0)),
        replace(_tiny("ti2v-5b", 8.0, Guidance(5.0, 5.0)), shared={**_TINY_SHARED, "vae": "shared/vae22"}),
        replace(
            _tiny("s2v-14b", 3.0, Guidance(1.0, 1.0)),
            size=(256, 128),
            lengths=(29,),
            following_lengths=(32,),
            num_frames=29,
        ),
        _tiny("animate-14b", 5.0, Guidance(1.0, 1.0)),
        replace(
            _tiny("vace-fun-a14b", 5.0, Guidance(3.0, 3.0)),
            shared={**_TINY_SHARED, "transformer_2": "vace-fun-a14b/transformer"},  # one network in both places
            references_miss="shape",
        ),
    ),
)


def _published(name: str) -> Role:
    """A variant's published checkpoint, in the lengths that the reference renders it in."""
    variant = VARIANTS[name]
    assert variant.checkpoint is not None, f"{name} is published nowhere"
    repo = variant.checkpoint.huggingface
    return Role(
        variant=name,
        folder=repo.rpartition("/")[2],
        repo=repo,
        lengths=variant.only_lengths,
        following_lengths=variant.only_following_lengths,
    )


def _lightning(name: str) -> Role:
    """4 steps of Euler at shift 5 without guidance: what ModelTC/Wan2.2-Lightning (Apache-2.0) samples with."""
    model = f"lightning-{VARIANTS[name].folder}"
    return replace(
        _published(name),
        sampling=Sampling(4, 5.0, Guidance(1.0, 1.0), "euler", VARIANTS[name].sampling.boundary_ratio),
        loras=(
            FamilyLora(model, "high_noise_model.safetensors", "high"),
            FamilyLora(model, "low_noise_model.safetensors", "low"),
        ),
    )


_WAN22 = ("t2v-a14b", "i2v-a14b", "ti2v-5b", "s2v-14b", "vace-fun-a14b", "animate-14b")

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            TINY,
            Family(name="wan22", roles=_by_variant(*map(_published, _WAN22))),
            Family(name="wan22-5b", roles=_by_variant(_published("ti2v-5b"))),
            Family(name="wan22-lightning", roles=_by_variant(*map(_lightning, ("t2v-a14b", "i2v-a14b")))),
        )
    }
)
