"""LoRA files as they are published: which layer a key means, and what it adds to it. No torch until a file is loaded.

Read are PEFT's and diffusers' names (`transformer.blocks.0.attn1.to_q.lora_A.weight`), those of the reference's layers
(`diffusion_model.blocks.0.self_attn.q.lora_down.weight`, with or without `alpha`), kohya's (`lora_unet_blocks_0_…`),
and the plain differences some files hold beside them (`diff`, `diff_b` of a bias, `diff_m` of a modulation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from wan.convert.animate import animate_key
from wan.convert.headers import NotSafetensors, read_header, read_metadata
from wan.convert.vace import vace_key
from wan.errors import CheckpointError, RequestError
from wan.s2v.keys import s2v_key

if TYPE_CHECKING:
    from torch import Tensor

Role: TypeAlias = Literal["down", "up", "up_bias", "alpha", "diff", "bias", "modulation"]

_ROLES: tuple[tuple[str, Role], ...] = (
    (".lora_A.default.weight", "down"),
    (".lora_B.default.weight", "up"),
    (".lora_A.weight", "down"),
    (".lora_B.weight", "up"),
    (".lora_B.bias", "up_bias"),
    (".lora_down.weight", "down"),
    (".lora_up.weight", "up"),
    (".lora.down.weight", "down"),
    (".lora.up.weight", "up"),
    (".alpha", "alpha"),
    (".diff_b", "bias"),
    (".diff_m", "modulation"),
    (".diff", "diff"),
)
_OTHER_KINDS = {"dora_scale": "DoRA", "lora_magnitude": "DoRA", "lokr_": "LoKr", "hada_": "LoHa", "oft_": "OFT"}
_PREFIX = re.compile(r"(base_model\.model\.|diffusion_model\.|transformer_2\.|transformer\.|model\.|unet\.)+")
_KOHYA = "lora_unet_"
_KOHYA_DOTS = re.compile(
    r"(?<=blocks)_(?=\d)|(?<=\d)_(?=[a-z])|(?<=self_attn)_|(?<=cross_attn)_|(?<=ffn)_(?=\d)|(?<=embedding)_(?=\d)"
    r"|(?<=time_projection)_|(?<=^head)_"
)
IMAGE_LAYERS = re.compile(r"k_img|v_img|img_emb|add_k_proj|add_v_proj|norm_added_k|image_embedder")
"""Layers of WAN 2.1's image-to-video that WAN 2.2 has no more: LoRAs made for it are used with these left out."""


@dataclass(slots=True)
class Change:
    """What one file adds to one place, before its weight: up · down · `scale`, or the difference itself."""

    file: Path
    scale: float = 1.0
    tensors: dict[Role, Tensor] = field(default_factory=dict)


def check_lora_file(path: Path) -> None:
    """Raises `RequestError` unless the file's header is that of a safetensors file that holds a LoRA."""
    _check_keys(path, _keys(path))


def split_key(key: str) -> tuple[str, Role] | None:
    """A key's layer, without prefixes, and what it holds of it; None for one that is none of a LoRA."""
    for ending, role in _ROLES:
        if key.endswith(ending):
            layer = key.removesuffix(ending)
            if layer.startswith(_KOHYA):
                return layer, role
            return _PREFIX.sub("", layer, count=1) if _PREFIX.match(layer) else layer, role
    return None


def find_place(layer: str, role: Role, places: Collection[str]) -> str | None:
    """The module or parameter among `places` that a key's layer means."""
    if layer.startswith(_KOHYA):
        flat = layer.removeprefix(_KOHYA)
        layer = _flat(frozenset(places)).get(flat) or _KOHYA_DOTS.sub(".", flat)
    name = f"{layer}.modulation" if role == "modulation" else layer
    # the reference's names first: its norm3 is diffusers' norm2, whose own norm3 has no weights
    for candidate in (_converted(name, ".weight"), _converted(name, ""), name):
        if candidate in places:
            return candidate
    return None


@lru_cache(maxsize=2)
def _flat(places: frozenset[str]) -> Mapping[str, str]:
    """The places as kohya writes them."""
    return {place.replace(".", "_"): place for place in places}


def read_changes(path: Path, places: Collection[str]) -> dict[str, Change]:
    """What the file adds, by module or parameter of the model whose names are `places`.

    Raises `RequestError` that names the file when it cannot be read, holds something else than a LoRA, or has keys that
    belong to no layer of this model.
    """
    keys = _keys(path)
    _check_keys(path, keys)
    tensors, default_scale = _load(path)
    found: dict[str, Change] = {}
    strange = []
    for key in keys:
        layer, role = split_key(key) or (key, "diff")
        place = find_place(layer, role, places)
        if place is not None:
            found.setdefault(place, Change(path, default_scale)).tensors[role] = tensors[key]
        elif not IMAGE_LAYERS.search(layer):
            strange.append(key)
    if strange or not found:
        some = ", ".join((strange or keys)[:3])
        raise RequestError(
            f"loras: {len(strange) or len(keys)} of the {len(keys)} weights in {path} belong to no layer of this model "
            f"({some}): it was made for another one"
        )
    for place, change in found.items():
        _finish(place, change)
    return found


def _finish(place: str, change: Change) -> None:
    """`alpha` becomes part of the scale; half a pair is an error."""
    tensors = change.tensors
    if ("down" in tensors) != ("up" in tensors):
        raise RequestError(f"loras: {change.file} has only half of what it adds to {place}")
    if "down" in tensors and tensors["down"].shape[:1] != tensors["up"].shape[1:2]:
        ranks = f"{list(tensors['down'].shape)} and {list(tensors['up'].shape)}"
        raise RequestError(f"loras: {change.file} is broken: what it multiplies for {place} is of two ranks ({ranks})")
    alpha = tensors.pop("alpha", None)
    if alpha is not None and "down" in tensors:
        change.scale = float(alpha) / tensors["down"].shape[0]


def _converted(layer: str, ending: str) -> str | None:
    """The name a layer of the reference has in diffusers."""
    for key_of in (vace_key, s2v_key, animate_key):
        try:
            return key_of(layer + ending).removesuffix(ending)
        except CheckpointError:
            continue
    return None


def _check_keys(path: Path, keys: Collection[str]) -> None:
    for sign, kind in _OTHER_KINDS.items():
        if any(sign in key for key in keys):
            raise RequestError(f"loras: {path} is a {kind}; only LoRAs (low-rank pairs, plain differences) can be used")
    strange = [key for key in keys if split_key(key) is None]
    if strange or not keys:
        raise RequestError(f"loras: {path} holds no LoRA: it has {', '.join(strange[:3]) or 'no weights'}")


def _keys(path: Path) -> list[str]:
    """The tensors of a safetensors file. Raises `RequestError` for anything else."""
    try:
        return list(read_header(path))
    except NotSafetensors as error:
        raise RequestError(
            f"loras: {path} is no safetensors file; pickled weights can run code when they are loaded and are refused"
        ) from error
    except CheckpointError as error:
        raise RequestError(f"loras: {error}") from error


def _load(path: Path) -> tuple[dict[str, Tensor], float]:
    """All tensors, and the scale of layers that have no `alpha` of their own (1, or what diffusers noted down)."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise RequestError(f"loras: {path} cannot be read as safetensors: {error}") from error
    noted = json.loads(read_metadata(path).get("lora_adapter_metadata", "{}"))
    values = {name.rpartition(".")[2]: value for name, value in noted.items()}
    if any(values.get(name) for name in ("alpha_pattern", "use_dora", "use_rslora")):
        raise RequestError(
            f"loras: {path} was saved with alpha_pattern, DoRA or rank-stabilised scaling: not supported"
        )
    rank, alpha = values.get("r"), values.get("lora_alpha")
    return tensors, float(alpha) / float(rank) if rank and alpha else 1.0
