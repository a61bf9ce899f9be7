"""The models that wanflow knows by name: what is published of each variant, and what rewrites prompts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from wan.errors import HubRefusal
from wan.families import FAMILIES, Family
from wan.system.suggest import did_you_mean
from wan.variants import VARIANTS
from wan.variants.published import Layout, Model
from wan.weights.places import pulled


def _qwen(name: str, repo: str, size: float, purpose: str, commit: str) -> Model:
    return Model(
        name=name, purpose=purpose, size=size, layout="transformers", huggingface=repo, modelscope=repo, commit=commit
    )


_LANGUAGE = (
    _qwen(
        "qwen2.5-7b",
        "Qwen/Qwen2.5-7B-Instruct",
        15.2e9,
        "extends prompts",
        "a09a35458c702b33eeacc393d103063234e8bc28",
    ),
    _qwen(
        "qwen2.5-vl-7b",
        "Qwen/Qwen2.5-VL-7B-Instruct",
        16.6e9,
        "extends prompts, sees the image",
        "cc594898137f460bfe9f0759e9844b3ce807cfb5",
    ),
    _qwen(
        "qwen2.5-14b",
        "Qwen/Qwen2.5-14B-Instruct",
        29.6e9,
        "extends prompts, larger",
        "cf98f3b3bbb457ad9e2bb7baf9a0125b6b88caa8",
    ),
)
_ORDER: tuple[Layout, ...] = ("diffusers", "lora", "onnx", "transformers", "reference")
"""What is rendered from comes first, what has to be converted last."""


def _models() -> list[Model]:
    rows = [*(model for variant in VARIANTS.values() for model in variant.published), *_LANGUAGE]
    return sorted(rows, key=lambda model: _ORDER.index(model.layout))


CATALOG: Mapping[str, Model] = MappingProxyType({model.name: model for model in _models()})


def find(name: str) -> Model:
    """The model of that name. Raises `HubRefusal` with the nearest one."""
    if name in CATALOG:
        return CATALOG[name]
    if name in FAMILIES:
        raise HubRefusal(_family_hint(FAMILIES[name]))
    hint = did_you_mean(name, CATALOG, "see them all: wanflow models list")
    raise HubRefusal(f"{name}: there is no such model in the catalog; {hint}")


def _family_hint(family: Family) -> str:
    """For somebody who names a family where a model is meant."""
    if family.root is not None:
        return f"{family.name} is a family that ships with wanflow: there is nothing to pull"
    roles = family.roles.values()
    models = dict.fromkeys(name for role in roles for name in (role.variant, *(lora.model for lora in role.loras)))
    return (
        f"{family.name} is a family (model={family.name}); name those of its models that you need: {', '.join(models)}"
    )


def pulled_as(name_or_repo: str) -> Path | None:
    """The folder of a pulled model in transformers' layout by its name or repository; None if it is not here."""
    for model in CATALOG.values():
        if model.layout == "transformers" and name_or_repo in (model.name, model.huggingface):
            return pulled(model.name)
    return None
