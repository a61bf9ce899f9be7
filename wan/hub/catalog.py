"""The models that wanflow knows by name: what for, where published, how large, under which licence.

Commits of Hugging Face are those that public code and pages name for these repositories (docs/checkpoints.md says
where). Where none is known, a pull asks the hub for the commit of its default branch and keeps to that. Sizes are what
the selected files sum to according to published listings and parameter counts; a pull takes the true ones from the hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from wan.errors import HubRefusal
from wan.families import FAMILIES, Family
from wan.system.suggest import did_you_mean
from wan.weights.places import pulled

Layout = Literal["diffusers", "reference", "lora", "transformers", "onnx"]

SAFE_FILES = ("*.safetensors", "*.json", "*.model", "*merges.txt", "*vocab.txt", "LICENSE*")
"""Weights that cannot run code, configurations, tokenizers. `*` also matches `/`."""

REFERENCE_FILES = (*SAFE_FILES, "models_t5_*.pth", "models_clip_*.pth", "Wan2.1_VAE.pth", "Wan2.2_VAE.pth")
"""The reference publishes these parts as pickles only; `wanflow models convert` reads them with `weights_only`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One published model.

    `huggingface` and `modelscope` are repositories there, None where none is known; `commit` is the one of Hugging Face
    that is pulled, None: that of the default branch on the day of the first pull. `size` is about how many bytes are
    pulled. `files` are the patterns of what is pulled. `variant` is the WAN 2.2 variant that it renders, if it is one.
    """

    name: str
    purpose: str
    size: float
    layout: Layout
    huggingface: str
    modelscope: str | None
    commit: str | None = None
    variant: str | None = None
    licence: str = "Apache-2.0"
    files: tuple[str, ...] = SAFE_FILES

    def repo(self, hub: str) -> str:
        """The repository on that hub. Raises `HubRefusal` when none is known there."""
        repo = self.huggingface if hub == "huggingface" else self.modelscope
        if repo is None:
            raise HubRefusal(f"{self.name} is not known on {hub}; take it from huggingface")
        return repo

    def pin(self, hub: str) -> str | None:
        """The commit that is pulled from that hub unless another revision is asked for."""
        return self.commit if hub == "huggingface" else None


ANIMATE_COMMIT = "cb93a225fbaf1ca100f54e79da8f994995b689b3"
"""Of Wan-AI/Wan2.2-Animate-14B: the weights, the detectors and the relighting LoRA are in one repository."""


def _wan(name: str, purpose: str, size: float, *, variant: str, repo: str, commit: str | None = None) -> Model:
    return Model(
        name=name,
        purpose=purpose,
        size=size,
        layout="diffusers",
        huggingface=repo,
        modelscope=repo if repo.startswith("Wan-AI/") else None,
        commit=commit,
        variant=variant,
    )


def _reference(
    variant: str, size: float, *, repo: str, modelscope: str | None = None, commit: str | None = None
) -> Model:
    return Model(
        name=f"{variant}-reference",
        purpose=f"{variant} as the reference has it; to convert",
        size=size,
        layout="reference",
        huggingface=repo,
        modelscope=modelscope or repo,
        commit=commit,
        variant=variant,
        files=REFERENCE_FILES,
    )


def _lightning(variant: str, folder: str) -> Model:
    return Model(
        name=f"lightning-{variant.partition('-')[0]}",
        purpose=f"4-step LoRAs for {variant}",
        size=2.454e9,
        layout="lora",
        huggingface="lightx2v/Wan2.2-Lightning",
        modelscope="lightx2v/Wan2.2-Lightning",
        commit="18bccf8884ec0a078eed79785eb4ef13ea16ce1e",
        variant=variant,
        files=(f"{folder}/*.safetensors", "LICENSE*"),
    )


def _qwen(name: str, repo: str, size: float, purpose: str, commit: str) -> Model:
    return Model(
        name=name, purpose=purpose, size=size, layout="transformers", huggingface=repo, modelscope=repo, commit=commit
    )


_TABLE = (
    _wan(
        "t2v-a14b",
        "text to video",
        126e9,
        variant="t2v-a14b",
        repo="Wan-AI/Wan2.2-T2V-A14B-Diffusers",
        commit="5be7df9619b54f4e2667b2755bc6a756675b5cd7",
    ),
    _wan(
        "i2v-a14b",
        "image to video, first and last frame",
        126e9,
        variant="i2v-a14b",
        repo="Wan-AI/Wan2.2-I2V-A14B-Diffusers",
        commit="596658fd9ca6b7b71d5057529bbf319ecbc61d74",
    ),
    _wan(
        "ti2v-5b",
        "text or image to video, small",
        34e9,
        variant="ti2v-5b",
        repo="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        commit="b8fff7315c768468a5333511427288870b2e9635",
    ),
    _wan("s2v-14b", "speech to video", 58.4e9, variant="s2v-14b", repo="FastVideo/Wan2.2-S2V-14B-Diffusers"),
    _wan(
        "animate-14b",
        "motion of a video onto a character",
        82.3e9,
        variant="animate-14b",
        repo="Wan-AI/Wan2.2-Animate-14B-Diffusers",
    ),
    _wan(
        "vace-fun-a14b",
        "control video, mask, references",
        81.3e9,
        variant="vace-fun-a14b",
        repo="linoyts/Wan2.2-VACE-Fun-14B-diffusers",
        commit="1abfb95801b7bd8f952083ebf80b93448ddb0ce4",
    ),
    _lightning("t2v-a14b", "Wan2.2-T2V-A14B-4steps-lora-rank64-Seko-V1.1"),
    _lightning("i2v-a14b", "Wan2.2-I2V-A14B-4steps-lora-rank64-Seko-V1"),
    Model(
        name="animate-relighting",
        purpose="relighting LoRA for animate-14b's replace mode",
        size=2.87e9,
        layout="lora",
        huggingface="Wan-AI/Wan2.2-Animate-14B",
        modelscope="Wan-AI/Wan2.2-Animate-14B",
        commit=ANIMATE_COMMIT,
        variant="animate-14b",
        files=("relighting_lora/*.safetensors", "relighting_lora/*.json"),
    ),
    Model(
        name="animate-pose",
        purpose="person and pose detectors for animate-14b (YOLOv10m, ViTPose-H whole body)",
        size=2.611e9,
        layout="onnx",
        huggingface="Wan-AI/Wan2.2-Animate-14B",
        modelscope="Wan-AI/Wan2.2-Animate-14B",
        commit=ANIMATE_COMMIT,
        licence="Apache-2.0, YOLOv10 AGPL-3.0",
        files=("process_checkpoint/det/*.onnx", "process_checkpoint/pose2d/*"),
    ),
    Model(
        name="sam2-hiera-large",
        purpose="masks for animate-14b's replace mode",
        size=0.898e9,
        layout="transformers",
        huggingface="facebook/sam2-hiera-large",
        modelscope=None,
        commit="e6a8e8809b8f1bfa2238b6d080f3d05cc76bd251",
    ),
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
    _reference("t2v-a14b", 126e9, repo="Wan-AI/Wan2.2-T2V-A14B", commit="c8c270b13ee05bfa474194ac9fb07a5868a97cea"),
    _reference("i2v-a14b", 126e9, repo="Wan-AI/Wan2.2-I2V-A14B", commit="206a9ee1b7bfaaf8f7e4d81335650533490646a3"),
    _reference("ti2v-5b", 34e9, repo="Wan-AI/Wan2.2-TI2V-5B", commit="921dbaf3f1674a56f47e83fb80a34bac8a8f203e"),
    _reference("s2v-14b", 46e9, repo="Wan-AI/Wan2.2-S2V-14B", commit="dab4e9c55bbe4c8c4d03db1c2c98c7f0ac9c454b"),
    _reference("animate-14b", 56e9, repo="Wan-AI/Wan2.2-Animate-14B", commit=ANIMATE_COMMIT),
    _reference("vace-fun-a14b", 81e9, repo="alibaba-pai/Wan2.2-VACE-Fun-A14B", modelscope="PAI/Wan2.2-VACE-Fun-A14B"),
)

CATALOG: Mapping[str, Model] = MappingProxyType({model.name: model for model in _TABLE})


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
