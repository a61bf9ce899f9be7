"""How LoRA files name what they hold: which expert, which layer, and what of it. A naming scheme is a row of a table.

Read are PEFT's and diffusers' names (`transformer.blocks.0.attn1.to_q.lora_A.weight`, with an adapter's name or
without), those of the reference's layers (`diffusion_model.blocks.0.self_attn.q.lora_down.weight`), kohya's and
LyCORIS' (`lora_unet_blocks_0_…`, `lycoris_blocks_0_…`), DiffSynth's (`pipe.dit.blocks.0.…`), and the plain differences
some files hold beside them (`diff`, `diff_b` of a bias, `diff_m` of a modulation; `w_norm`, `b_norm`). No torch.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from wan.errors import CheckpointError
from wan.request import ExpertName
from wan.variants import VARIANTS
from wan.variants.named import named

Role: TypeAlias = Literal["down", "up", "up_bias", "alpha", "diff", "bias", "modulation"]

_ENDINGS: tuple[tuple[str, Role, str], ...] = (
    (r"\.lora_A(?:\.(?P<adapter>[^.]+))?\.weight", "down", "PEFT"),
    (r"\.lora_B(?:\.(?P<adapter>[^.]+))?\.weight", "up", "PEFT"),
    (r"\.lora_B(?:\.(?P<adapter>[^.]+))?\.bias", "up_bias", "PEFT"),
    (r"\.lora_down\.weight", "down", "kohya"),
    (r"\.lora_up\.weight", "up", "kohya"),
    (r"[._]lora(?:_linear_layer)?\.down\.weight", "down", "diffusers"),
    (r"[._]lora(?:_linear_layer)?\.up\.weight", "up", "diffusers"),
    (r"\.alpha", "alpha", "kohya"),
    (r"\.diff_b", "bias", "differences"),
    (r"\.diff_m", "modulation", "differences"),
    (r"\.diff", "diff", "differences"),
    (r"\.w_norm", "diff", "LyCORIS"),
    (r"\.b_norm", "bias", "LyCORIS"),
)
"""What stands behind a layer, what that holds, and whose way of writing it is."""
_ROLES = tuple((re.compile(f"(?P<layer>.+?){ending}"), role, scheme) for ending, role, scheme in _ENDINGS)
_PREFIXES: Mapping[str, str | None] = MappingProxyType(
    {
        **dict.fromkeys(("base_model", "model", "diffusion_model", "unet", "pipe", "module", "_orig_mod"), None),
        **dict.fromkeys(("transformer", "dit"), "first"),
        **dict.fromkeys(("transformer_2", "dit2", "dit_2", "transformer_low_noise"), "low"),
        **dict.fromkeys(("low_noise_model", "low_noise"), "low"),
        **dict.fromkeys(("high_noise_model", "high_noise", "transformer_high_noise"), "high"),
    }
)
"""What stands before a layer, up to a dot, and which expert that speaks of. `first`: the high-noise one where a file
has both, else whichever it is laid on."""
_FLAT_PREFIXES: Mapping[str, str | None] = MappingProxyType(
    {
        **dict.fromkeys(("lora_transformer_2_", "lora_unet_2_", "lora_unet_low_noise_", "lycoris_low_noise_"), "low"),
        **dict.fromkeys(("lora_unet_high_noise_", "lycoris_high_noise_"), "high"),
        "lora_transformer_": "first",
        **dict.fromkeys(("lora_unet_", "lycoris_"), None),
    }
)
"""The same for names that are written with underscores for dots."""

OTHER_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"dora_scale|lora_magnitude"), "is a DoRA"),
    (re.compile(r"\.lokr_"), "is a LoKr"),
    (re.compile(r"\.hada_"), "is a LoHa"),
    (re.compile(r"\.b?oft_|\.oft_R\b"), "is an OFT"),
    (re.compile(r"\.lora_mid\."), "is a LoCon in Tucker's form (lora_mid)"),
    (re.compile(r"\.(?:a1|a2|b1|b2)\.weight"), "is a GLoRA"),
    (re.compile(r"\.ia3_l\b|\.on_input"), "is an (IA)³"),
    (re.compile(r"vera_lambda"), "is a VeRA"),
    (re.compile(r"\.lora_E\b"), "is an AdaLoRA"),
    (re.compile(r"\.set_weight"), "replaces weights (set_weight)"),
    (re.compile(r"^lora_te\d?_|^(?:base_model\.model\.)?text_encoder(?:_\d)?\."), "also changes the text encoder"),
)
"""What files hold that are taken for LoRAs and are none, or more."""

_DOTS = re.compile(
    r"(?<=blocks)_(?=\d)|(?<=\d)_(?=[a-z])|(?<=self_attn)_|(?<=cross_attn)_|(?<=ffn)_(?=\d)|(?<=embedding)_(?=\d)"
    r"|(?<=time_projection)_|(?<=^head)_"
)
IMAGE_LAYERS = re.compile(r"k_img|v_img|img_emb|add_k_proj|add_v_proj|norm_added_k|image_embedder")
"""Layers of WAN 2.1's image-to-video that WAN 2.2 has no more: LoRAs made for it are used with these left out."""


class Key(NamedTuple):
    """What a key of a file says. `layer` has no prefix any more; `flat`: it is written with underscores for dots.
    `side`: the expert that its prefix speaks of (`high`, `low`, `first`), None if it speaks of none."""

    layer: str
    role: Role
    side: str | None
    flat: bool
    scheme: str
    adapter: str | None


def split_key(key: str) -> Key | None:
    """A key in its parts; None for one that is none of a LoRA."""
    for pattern, role, scheme in _ROLES:
        match = pattern.fullmatch(key)
        if match is not None:
            layer, side, flat, named = _bare(match["layer"])
            adapter = match.groupdict().get("adapter")
            return Key(layer, role, side, flat, named or scheme, adapter if adapter != "default" else None)
    return None


def _bare(layer: str) -> tuple[str, str | None, bool, str | None]:
    """A layer without its prefixes, the expert they speak of, whether it is flat, and the scheme that has such."""
    for prefix, side in _FLAT_PREFIXES.items():
        if layer.startswith(prefix):
            return layer.removeprefix(prefix), side, True, "LyCORIS" if prefix.startswith("lycoris") else "kohya"
    side, scheme = None, None
    first, dot, rest = layer.partition(".")
    while dot and first in _PREFIXES:
        side = _PREFIXES[first] or side
        scheme = "DiffSynth" if first == "pipe" else scheme
        layer = rest
        first, dot, rest = layer.partition(".")
    return layer, side, False, scheme


def expert_of(sides: Collection[str | None]) -> Mapping[str | None, ExpertName | None]:
    """Which expert the keys of each side belong to, in a file that has these sides; None: whichever it is laid on."""
    both = bool({"low", "high"} & set(sides)) and len(set(sides) - {None}) > 1
    return {side: ("high" if both else None) if side == "first" else side for side in sides}  # type: ignore[misc]


def find_place(key: Key, places: Collection[str]) -> str | None:
    """The module or parameter among `places` that a key means."""
    layer = key.layer
    if key.flat:
        layer = _flattened(frozenset(places)).get(layer) or _DOTS.sub(".", layer)
    name = f"{layer}.modulation" if key.role == "modulation" else layer
    # the reference's names first: its norm3 is diffusers' norm2, whose own norm3 has no weights
    for candidate in (_converted(name, ".weight"), _converted(name, ""), name):
        if candidate in places:
            return candidate
    return None


@lru_cache(maxsize=2)
def _flattened(places: frozenset[str]) -> Mapping[str, str]:
    """The places as kohya writes them."""
    return {place.replace(".", "_"): place for place in places}


def _converted(layer: str, ending: str) -> str | None:
    """The name a layer of the reference has in diffusers."""
    for key_of in dict.fromkeys(variant.reference_key for variant in VARIANTS.values()):
        try:
            return str(named(key_of)(layer + ending)).removesuffix(ending)
        except CheckpointError:
            continue
    return None
