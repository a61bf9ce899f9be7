"""The models that wanflow knows by name: what for, where published, how large, under which licence.

No revision could be looked up where this table was written, so each is the hub's default branch; a pull asks the hub
for the commit behind it and writes that down. Sizes are what the selected files sum to according to published listings
and parameter counts; a pull takes the true ones from the hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from wan.errors import HubRefusal
from wan.families import FAMILIES, Family
from wan.hub.places import pulled

Layout = Literal["diffusers", "reference", "lora", "transformers", "onnx"]

SAFE_FILES = ("*.safetensors", "*.json", "*.model", "*merges.txt", "*vocab.txt", "LICENSE*")
"""Weights that cannot run code, configurations, tokenizers. `*` also matches `/`."""

REFERENCE_FILES = (*SAFE_FILES, "models_t5_*.pth", "models_clip_*.pth", "Wan2.1_VAE.pth", "Wan2.2_VAE.pth")
"""The reference publishes these parts as pickles only; `wanflow models convert` reads them with `weights_only`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One published model.

    `huggingface` and `modelscope` are repositories there, None where none is known. `size` is about how many bytes are
    pulled. `files` are the patterns of what is pulled. `variant` is the WAN 2.2 variant that it renders, if it is one.
    """

    name: str
    purpose: str
    size: float
    layout: Layout
    huggingface: str
    modelscope: str | None
    variant: str | None = None
    licence: str = "Apache-2.0"
    files: tuple[str, ...] = SAFE_FILES

    def repo(self, hub: str) -> str:
        """The repository on that hub. Raises `HubRefusal` when none is known there."""
        repo = self.huggingface if hub == "huggingface" else self.modelscope
        if repo is None:
            raise HubRefusal(f"{self.name} is not known on {hub}; take it from huggingface")
        return repo


def _wan(name: str, purpose: str, size: float, *, variant: str, repo: str) -> Model:
    return Model(
        name=name,
        purpose=purpose,
        size=size,
        layout="diffusers",
        huggingface=repo,
        modelscope=repo if repo.startswith("Wan-AI/") else None,
        variant=variant,
    )


def _reference(variant: str, size: float, *, repo: str, modelscope: str | None = None) -> Model:
    return Model(
        name=f"{variant}-reference",
        purpose=f"{variant} as the reference has it; to convert",
        size=size,
        layout="reference",
        huggingface=repo,
        modelscope=modelscope or repo,
        variant=variant,
        files=REFERENCE_FILES,
    )


def _lightning(variant: str, folder: str) -> Model:
    return Model(
        name=f"lightning-{variant.partition('-')[0]}",
        purpose=f"4-step LoRAs for {variant}",
        size=2.5e9,
        layout="lora",
        huggingface="lightx2v/Wan2.2-Lightning",
        modelscope="lightx2v/Wan2.2-Lightning",
        variant=variant,
        files=(f"{folder}/*.safetensors", "LICENSE*"),
    )


def _qwen(name: str, repo: str, size: float, purpose: str) -> Model:
    return Model(name=name, purpose=purpose, size=size, layout="transformers", huggingface=repo, modelscope=repo)


_TABLE = (
    _wan("t2v-a14b", "text to video", 126e9, variant="t2v-a14b", repo="Wan-AI/Wan2.2-T2V-A14B-Diffusers"),
    _wan(
        "i2v-a14b",
        "image to video, first and last frame",
        126e9,
        variant="i2v-a14b",
        repo="Wan-AI/Wan2.2-I2V-A14B-Diffusers",
    ),
    _wan("ti2v-5b", "text or image to video, small", 34e9, variant="ti2v-5b", repo="Wan-AI/Wan2.2-TI2V-5B-Diffusers"),
    _wan("s2v-14b", "speech to video", 58.4e9, variant="s2v-14b", repo="FastVideo/Wan2.2-S2V-14B-Diffusers"),
    _wan(
        "animate-14b",
        "motion of a video onto a character",
        83e9,
        variant="animate-14b",
        repo="Wan-AI/Wan2.2-Animate-14B-Diffusers",
    ),
    _wan(
        "vace-fun-a14b",
        "control video, mask, references",
        81e9,
        variant="vace-fun-a14b",
        repo="linoyts/Wan2.2-VACE-Fun-14B-diffusers",
    ),
    _lightning("t2v-a14b", "Wan2.2-T2V-A14B-4steps-lora-rank64-Seko-V1.1"),
    _lightning("i2v-a14b", "Wan2.2-I2V-A14B-4steps-lora-rank64-Seko-V1"),
    Model(
        name="animate-relighting",
        purpose="relighting LoRA for animate-14b's replace mode",
        size=1.4e9,
        layout="lora",
        huggingface="Wan-AI/Wan2.2-Animate-14B",
        modelscope="Wan-AI/Wan2.2-Animate-14B",
        variant="animate-14b",
        files=("relighting_lora/*.safetensors", "relighting_lora/*.json"),
    ),
    Model(
        name="animate-pose",
        purpose="person and pose detectors for animate-14b (YOLOv10m, ViTPose-H whole body)",
        size=2.61e9,
        layout="onnx",
        huggingface="Wan-AI/Wan2.2-Animate-14B",
        modelscope="Wan-AI/Wan2.2-Animate-14B",
        licence="Apache-2.0, YOLOv10 AGPL-3.0",
        files=("process_checkpoint/det/*.onnx", "process_checkpoint/pose2d/*"),
    ),
    Model(
        name="sam2-hiera-large",
        purpose="masks for animate-14b's replace mode",
        size=0.9e9,
        layout="transformers",
        huggingface="facebook/sam2-hiera-large",
        modelscope=None,
    ),
    _qwen("qwen2.5-7b", "Qwen/Qwen2.5-7B-Instruct", 15.2e9, "extends prompts"),
    _qwen("qwen2.5-vl-7b", "Qwen/Qwen2.5-VL-7B-Instruct", 16.6e9, "extends prompts, sees the image"),
    _qwen("qwen2.5-14b", "Qwen/Qwen2.5-14B-Instruct", 29.6e9, "extends prompts, larger"),
    _reference("t2v-a14b", 126e9, repo="Wan-AI/Wan2.2-T2V-A14B"),
    _reference("i2v-a14b", 126e9, repo="Wan-AI/Wan2.2-I2V-A14B"),
    _reference("ti2v-5b", 34e9, repo="Wan-AI/Wan2.2-TI2V-5B"),
    _reference("s2v-14b", 49.1e9, repo="Wan-AI/Wan2.2-S2V-14B"),
    _reference("animate-14b", 86e9, repo="Wan-AI/Wan2.2-Animate-14B"),
    _reference("vace-fun-a14b", 81e9, repo="alibaba-pai/Wan2.2-VACE-Fun-A14B", modelscope="PAI/Wan2.2-VACE-Fun-A14B"),
)

CATALOG: Mapping[str, Model] = MappingProxyType({model.name: model for model in _TABLE})


def find(name: str) -> Model:
    """The model of that name. Raises `HubRefusal` with the nearest one."""
    if name in CATALOG:
        return CATALOG[name]
    if name in FAMILIES:
        raise HubRefusal(_family_hint(FAMILIES[name]))
    asked = name.lower()
    like = [known for known in CATALOG if known.startswith(asked)] or get_close_matches(asked, CATALOG, n=1, cutoff=0.5)
    hint = f"did you mean {like[0]}?" if like else "see them all: wanflow models list"
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
