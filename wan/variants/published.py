"""A model as it lies on the hubs: the form of a row, and how rows of one kind are written. No torch.

Commits of Hugging Face are those that public code and pages name for these repositories (docs/checkpoints.md says
where). Where none is known, a pull asks the hub for the commit of its default branch and keeps to that. Sizes are what
the selected files sum to according to published listings and parameter counts; a pull takes the true ones from the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wan.errors import HubRefusal

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


def in_diffusers_layout(variant: str, purpose: str, size: float, repo: str, commit: str | None = None) -> Model:
    """A variant's checkpoint in the layout that is rendered from. Its publisher has it on both hubs, others on one."""
    return Model(
        name=variant,
        purpose=purpose,
        size=size,
        layout="diffusers",
        huggingface=repo,
        modelscope=repo if repo.startswith("Wan-AI/") else None,
        commit=commit,
        variant=variant,
    )


def in_reference_layout(
    variant: str, size: float, repo: str, commit: str | None = None, *, modelscope: str | None = None
) -> Model:
    """The same as the reference publishes it."""
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


def lightning_loras(variant: str, folder: str) -> Model:
    """Two LoRAs of ModelTC/Wan2.2-Lightning, one an expert, for sampling in 4 steps."""
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
