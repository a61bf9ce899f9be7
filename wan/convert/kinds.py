"""Which model some weights are, from their names and shapes alone, and how each kind is converted. No torch.

A transformer is told by what its variant says (`Variant.conversion`); what the variants share are rows of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wan.convert import configs
from wan.convert.clip_vision import clip_vision_targets
from wan.convert.configs import Config, Tensors
from wan.convert.keys import text_encoder_key, vae_key
from wan.convert.targets import Target, Targets, renamed
from wan.convert.vae22 import vae22_key
from wan.errors import CheckpointError
from wan.variants import VARIANTS, Variant
from wan.variants.named import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One model that a checkpoint may hold.

    `component` is the folder it goes to (`transformer` may become `transformer_2`), `variant` the one it belongs to if
    only one has it. `marks` are keys that all have to be there; `channels` the input channels of a transformer.
    `cast` says whether its matrices are rounded to the wanted type: autoencoders and the small encoders stay as they
    are. `file` is the stem of its weight files.
    """

    name: str
    component: str
    class_name: str
    module: str
    marks: tuple[str, ...]
    targets: Targets
    config: Callable[[Tensors, Mapping[str, Any]], Config]
    variant: str | None = None
    channels: int | None = None
    cast: bool = False

    @property
    def file(self) -> str:
        """The stem of its weight files, as each library calls them."""
        return "model" if self.module == "transformers" else "diffusion_pytorch_model"

    def matches(self, tensors: Tensors) -> bool:
        """Whether the names and shapes are those of this kind."""
        if not all(mark in tensors for mark in self.marks):
            return False
        return self.channels is None or tensors["patch_embedding.weight"].shape[1] == self.channels


_REFERENCE = ("patch_embedding.weight", "blocks.0.self_attn.q.weight", "head.modulation")
_PICTURE = "img_emb.proj.0.weight"  # with 36 channels and no face encoder: a model of WAN 2.1


def _transformer(variant: Variant) -> Kind:
    """The kind that a variant's transformer is."""
    part, conversion = variant.components["transformer"], named(variant.conversion)
    return Kind(
        name=f"transformer of {variant.name}",
        component="transformer",
        class_name=part.class_name,
        module=part.library,
        marks=(*_REFERENCE, *conversion.own_marks),
        targets=conversion.targets,
        config=conversion.config,
        variant=variant.name,
        channels=variant.transformer.in_channels,
        cast=True,
    )


def _transformers() -> list[Kind]:
    """Those with more marks first: every other transformer has the plain one's marks too."""
    return sorted(map(_transformer, VARIANTS.values()), key=lambda kind: -len(kind.marks))


KINDS: tuple[Kind, ...] = (
    *_transformers(),
    Kind(
        name="text encoder UMT5",
        component="text_encoder",
        class_name="UMT5EncoderModel",
        module="transformers",
        marks=("token_embedding.weight", "blocks.0.pos_embedding.embedding.weight"),
        targets=renamed(text_encoder_key),
        config=configs.text_encoder_config,
        cast=True,
    ),
    Kind(
        name="text encoder UMT5, with transformers' names",
        component="text_encoder",
        class_name="UMT5EncoderModel",
        module="transformers",
        marks=("shared.weight", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
        targets=lambda key: () if key == "encoder.embed_tokens.weight" else (Target(key),),
        config=configs.repacked_text_encoder_config,
        cast=True,
    ),
    Kind(
        name="autoencoder of the 2.2 kind",
        component="vae",
        class_name="AutoencoderKLWan",
        module="diffusers",
        marks=("encoder.downsamples.0.downsamples.0.residual.0.gamma", "conv2.weight"),
        targets=renamed(vae22_key),
        config=configs.vae22_config,
    ),
    Kind(
        name="autoencoder of the 2.1 kind",
        component="vae",
        class_name="AutoencoderKLWan",
        module="diffusers",
        marks=("encoder.downsamples.0.residual.0.gamma", "conv2.weight"),
        targets=renamed(vae_key),
        config=configs.vae21_config,
    ),
    Kind(
        name="picture half of CLIP",
        component="image_encoder",
        class_name="CLIPVisionModel",
        module="transformers",
        marks=("visual.patch_embedding.weight", "visual.pos_embedding"),
        targets=clip_vision_targets,
        config=configs.clip_vision_config,
    ),
)
"""The first that matches decides: the more particular ones come first."""


def recognise(tensors: Tensors) -> Kind | None:
    """The kind of model these weights are; None for none of WAN 2.2."""
    kind = next((kind for kind in KINDS if kind.matches(tensors)), None)
    if kind is not None and kind.class_name == "WanTransformer3DModel" and _PICTURE in tensors:
        return None
    return kind


def unknown(what: object, tensors: Tensors) -> CheckpointError:
    """The error for weights of no known kind: what they look like and what was looked for."""
    shown = ", ".join(list(tensors)[:4]) or "none"
    patch = tensors.get("patch_embedding.weight")
    channels = f"; its transformer takes {patch.shape[1]} channels" if patch else ""
    older = " (a model of WAN 2.1: it reads CLIP features)" if _PICTURE in tensors else ""
    wanted = "; ".join(kind.name for kind in KINDS)
    return CheckpointError(
        f"{what} is no checkpoint of WAN 2.2{older}: {len(tensors)} weights ({shown}, …){channels}. "
        f"Looked for: {wanted}"
    )
