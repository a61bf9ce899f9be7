"""Load a checkpoint into a pipeline: every part straight in its precision and onto its device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from wan.animate.expert import AnimateExpert
from wan.animate.image_encoder import ImageEncoder
from wan.checkpoint import Checkpoint
from wan.errors import CheckpointError, RequestError
from wan.expert import Expert
from wan.layout import LAYOUTS
from wan.parts import Resident
from wan.pipeline import Pipeline
from wan.request import Numerics
from wan.text import TextEncoder
from wan.vae import Vae
from wan.validate import find_variant

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
_DEFAULT_ATTENTION = "sdpa"


def load_pipeline(
    variant: str, checkpoint: Checkpoint, *, device: str = "auto", numerics: Numerics | None = None
) -> Pipeline:
    """Load a variant; all its parts stay resident.

    `device` is `cpu`, `cuda`, `cuda:1`…, or `auto` (CUDA when there is one). With bf16 transformers and text encoder
    are in bf16, but for the layers diffusers keeps in fp32; the autoencoder is always fp32, as in the reference.
    Raises `RequestError` for a variant, device or numerics that do not exist, `CheckpointError` for unreadable weights.
    """
    numerics = numerics or Numerics()
    known = find_variant(variant)
    if checkpoint.variant != variant:
        raise RequestError(f"variant: the checkpoint is one of {checkpoint.variant}, not of {variant}")
    if numerics.precision not in _DTYPES:
        raise RequestError(f"precision: there is no {numerics.precision!r}; there are {', '.join(_DTYPES)}")
    how = How(checkpoint, find_device(device), _DTYPES[numerics.precision], numerics)
    with _quiet(), _as_checkpoint_error(checkpoint):
        parts = {
            name: _LOADERS[kind.class_name](checkpoint.components[name], how)
            for name, kind in LAYOUTS[variant].items()
            if kind.class_name
        }
        return Pipeline(known, parts=Resident(parts, how.device), numerics=numerics, checkpoint=checkpoint.revision)


@dataclass(frozen=True, slots=True)
class How:
    """How the parts of one checkpoint are loaded."""

    checkpoint: Checkpoint
    device: torch.device
    dtype: torch.dtype
    numerics: Numerics


def find_device(name: str) -> torch.device:
    """The device of that name; `auto` is the first CUDA device, else the CPU. Raises `RequestError`."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise RequestError(f"device: there is no {name!r}; use auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise RequestError(f"device: {name} is not supported; use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise RequestError(f"device: {name} is not here, this machine has {torch.cuda.device_count()} CUDA devices")
    return device


def _expert(folder: Path, how: How) -> Expert:
    from diffusers import WanTransformer3DModel

    model = WanTransformer3DModel.from_pretrained(folder, torch_dtype=how.dtype, local_files_only=True)
    set_attention(model, how.numerics.attention)
    return Expert(model.to(how.device))


def _animate_expert(folder: Path, how: How) -> AnimateExpert:
    from diffusers import WanAnimateTransformer3DModel

    model = WanAnimateTransformer3DModel.from_pretrained(folder, torch_dtype=how.dtype, local_files_only=True)
    set_attention(model, how.numerics.attention)
    return AnimateExpert(model.to(how.device), how.numerics)


def _image_encoder(folder: Path, how: How) -> ImageEncoder:
    """In fp32: it runs once a clip, and the reference's half precision would only lose."""
    from transformers import CLIPVisionModel

    model = CLIPVisionModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return ImageEncoder(model.to(how.device))


def set_attention(model: Any, name: str) -> None:
    """Raises `RequestError` for a backend there is none of, or that cannot be used here."""
    if name == _DEFAULT_ATTENTION:
        return
    from diffusers.models.attention_dispatch import AttentionBackendName

    names = sorted(backend.value for backend in AttentionBackendName)
    if name not in names:
        raise RequestError(f"attention: there is no {name!r}; there are {_DEFAULT_ATTENTION}, {', '.join(names)}")
    try:
        model.set_attention_backend(name)
    except (RuntimeError, ImportError, ValueError) as error:
        raise RequestError(f"attention: {name} cannot be used on this machine: {error}") from error


def _vae(folder: Path, how: How) -> Vae:
    from diffusers import AutoencoderKLWan

    model = AutoencoderKLWan.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    return Vae(model.to(how.device))


def _text_encoder(folder: Path, how: How) -> TextEncoder:
    from transformers import AutoTokenizer, UMT5EncoderModel

    model = UMT5EncoderModel.from_pretrained(folder, dtype=how.dtype, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(how.checkpoint.components["tokenizer"], local_files_only=True)
    return TextEncoder(tokenizer, model.to(how.device))


_LOADERS: Mapping[str, Callable[[Path, How], Any]] = {
    "WanTransformer3DModel": _expert,
    "AutoencoderKLWan": _vae,
    "UMT5EncoderModel": _text_encoder,
    "WanAnimateTransformer3DModel": _animate_expert,
    "CLIPVisionModel": _image_encoder,
}
"""How a component of each class (`wan.layout`) is loaded and wrapped."""


@contextmanager
def _as_checkpoint_error(checkpoint: Checkpoint) -> Iterator[None]:
    """Translate what diffusers, transformers and safetensors say about files they cannot read."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, (RequestError, torch.OutOfMemoryError)):
            raise
        raise CheckpointError(f"{checkpoint.folder} cannot be loaded as {checkpoint.variant}: {error}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars while loading; they are as the caller left them afterwards."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    places = [place for place in (diffusers_logging, transformers_logging) if place.is_progress_bar_enabled()]
    for place in places:
        place.disable_progress_bar()
    try:
        yield
    finally:
        for place in places:
            place.enable_progress_bar()
