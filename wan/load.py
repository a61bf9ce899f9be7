"""Load a checkpoint into a pipeline: every part straight in its precision and where its placement keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import torch

from wan.errors import CheckpointError, RequestError
from wan.model.attention import AUTO, FLASH_3, KERNELS, NATIVE, SDPA, lacking
from wan.model.exact_attention import kernel_in
from wan.model.expert import EXACT
from wan.model.parts import Resident
from wan.model.text import TextEncoder
from wan.model.vae import Vae
from wan.parallel.gang import Gang
from wan.parallel.share import ALONE, Share
from wan.pipeline import Pipeline
from wan.placement import PLACEMENTS, Placement
from wan.placement.parts import Moved
from wan.precision import check_fp8
from wan.request import Numerics, Precision
from wan.system.stop import ShouldStop, heeding
from wan.validate import find_variant
from wan.variants import Variant
from wan.variants.components import ComponentKind
from wan.variants.method import TRANSFORMERS
from wan.variants.named import named
from wan.variants.sizes import PATCH
from wan.weights.checkpoint import Checkpoint
from wan.weights.layout import read_json
from wan.weights.loading import load_model


def load_pipeline(
    variant: str,
    checkpoint: Checkpoint,
    *,
    device: str = "auto",
    numerics: Numerics | None = None,
    placement: Placement = "resident",
    gang: Gang | None = None,
    should_stop: ShouldStop | None = None,
) -> Pipeline:
    """Load a variant.

    `device` is `cpu`, `cuda`, `cuda:1`…, or `auto` (CUDA when there is one). `numerics.precision` is that of the
    transformers (`wan.precision`); the text encoder is in bf16 unless that is fp32, the autoencoder always in fp32, as
    in the reference. `placement` decides what is kept where, and changes no pixel. A `gang` renders each clip on
    several GPUs: all its members load the same, each for its own device. `should_stop` is asked between tensors; when
    it says yes, `Cancelled` is raised.
    Raises `RequestError` for a variant, device or numerics that do not exist or cannot be had here, `CheckpointError`
    for unreadable weights.
    """
    numerics = numerics or Numerics()
    known = fitted(find_variant(variant), checkpoint)
    if checkpoint.variant != variant:
        raise RequestError(f"variant: the checkpoint is one of {checkpoint.variant}, not of {variant}")
    loader = _part_loader(checkpoint, find_device(device) if gang is None else gang.device, numerics, placement, gang)
    with _quiet(), _as_checkpoint_error(checkpoint), heeding(should_stop):
        models = {
            name: _load(name, kind, checkpoint.components[name], loader)
            for name, kind in known.components.items()
            if kind.weights
        }
        parts = Resident(models, loader.device) if placement == "resident" else Moved(models, loader.device, placement)
        return Pipeline(known, parts=parts, numerics=numerics, checkpoint=checkpoint.revision, gang=gang)


def fitted(variant: Variant, checkpoint: Checkpoint) -> Variant:
    """The variant with the size multiple of this checkpoint's patches: the published ones are 2 latents wide."""
    config = read_json(checkpoint.components["transformer"] / "config.json")
    width = int(config.get("patch_size", (1, PATCH, PATCH))[-1])
    return replace(variant, size_multiple=variant.size_multiple * width // PATCH)


@dataclass(frozen=True, slots=True)
class PartLoader:
    """PartLoader the parts of one checkpoint are loaded: for `device`, and first to where `placement` keeps them."""

    checkpoint: Checkpoint
    device: torch.device
    numerics: Numerics
    placement: Placement = "resident"
    share: Share = ALONE
    """What of a step is computed here, in a gang."""

    def model(
        self,
        kind: type[Any],
        folder: Path,
        precision: Precision | None = None,
        *,
        renamed: Callable[[str], str] = str,
    ) -> Any:
        """A model of class `kind`, in the transformers' precision unless another is given."""
        return load_model(
            kind,
            folder,
            precision=precision or self.numerics.precision,
            device=self.device if self.placement == "resident" else torch.device("cpu"),
            mapped=self.placement == "low_vram",
            renamed=renamed,
        )

    def transformer(self, kind: type[Any], folder: Path, *, renamed: Callable[[str], str] = str) -> Any:
        """A transformer with its attention backend."""
        model = self.model(kind, folder, renamed=renamed)
        set_attention(model, self.numerics, self.device)
        return model

    @property
    def encoder_precision(self) -> Precision:
        """Of the text encoder."""
        return "fp32" if self.numerics.precision == "fp32" else "bf16"


def _part_loader(
    checkpoint: Checkpoint, device: torch.device, numerics: Numerics, placement: Placement, gang: Gang | None
) -> PartLoader:
    check_numerics(numerics, device)
    if placement not in PLACEMENTS:
        raise RequestError(f"placement: there is no {placement!r}; there are {', '.join(PLACEMENTS)}")
    return PartLoader(checkpoint, device, numerics, placement, ALONE if gang is None else gang.share)


def check_numerics(numerics: Numerics, device: torch.device) -> None:
    """Raises `RequestError` for a precision or attention kernel that there is none of, or that cannot be had on this
    device and machine. Loads nothing."""
    if numerics.precision not in get_args(Precision):
        known = ", ".join(get_args(Precision))
        raise RequestError(f"precision: there is no {numerics.precision!r}; there are {known}")
    if numerics.attention not in KERNELS:
        raise RequestError(f"attention: there is no {numerics.attention!r}; there are {', '.join(KERNELS)}")
    if lacks := lacking(numerics.attention, gpu=device.type == "cuda"):
        raise RequestError(f"attention: {numerics.attention} needs {lacks}, which is not here ({device})")
    if numerics.precision == "fp8":
        check_fp8(device)


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


def set_attention(model: Any, numerics: Numerics, device: torch.device) -> None:
    """Raises `RequestError` for a kernel that cannot be used here: its package is too old, perhaps."""
    name, own = numerics.attention, numerics.precision in EXACT
    # the exact precisions come by `wan.model.blocks.attend`, which chooses by shapes; others by diffusers' layers
    if name == AUTO and not own:
        name = kernel_in(numerics.precision, device)
    ours = {SDPA: NATIVE, NATIVE: NATIVE, AUTO: None, **({FLASH_3: FLASH_3} if own else {})}
    if name in ours:
        _set_backend(model, ours[name])
        return
    try:
        model.set_attention_backend(name)
    except (RuntimeError, ImportError, ValueError) as error:
        raise RequestError(f"attention: {name} cannot be used on this machine: {error}") from error


def _set_backend(model: Any, name: str | None) -> None:
    """As diffusers does, but for this model alone, not for those loaded later, and without looking for packages."""
    for module in model.modules():
        processor: Any = getattr(module, "processor", None)
        if hasattr(processor, "_attention_backend"):
            processor._attention_backend = name


def _load(name: str, kind: ComponentKind, folder: Path, loader: PartLoader) -> Any:
    """A component, wrapped in what it runs as. Encoders of pictures and sounds run once a clip, in fp32: there the
    reference's half precision would only lose."""
    if name in _SHARED:
        return _SHARED[name](folder, loader)
    model_class, renamed, runs_as = named(f"{kind.library}:{kind.class_name}"), named(kind.keys), named(kind.runs_as)
    if name in TRANSFORMERS.values():
        return runs_as(loader.transformer(model_class, folder, renamed=renamed), loader.numerics, loader.share)
    return runs_as(loader.model(model_class, folder, "fp32", renamed=renamed))


def _vae(folder: Path, loader: PartLoader) -> Vae:
    from diffusers import AutoencoderKLWan

    return Vae(
        loader.model(AutoencoderKLWan, folder, "fp32"),
        tiled=loader.numerics.vae_tiling,
        rounded=loader.numerics.precision != "fp32",
        rows=loader.share.rows,
    )


def _text_encoder(folder: Path, loader: PartLoader) -> TextEncoder:
    from transformers import AutoTokenizer, UMT5EncoderModel

    model = loader.model(UMT5EncoderModel, folder, loader.encoder_precision)
    return TextEncoder(
        AutoTokenizer.from_pretrained(loader.checkpoint.components["tokenizer"], local_files_only=True), model
    )


_SHARED: Mapping[str, Callable[[Path, PartLoader], Any]] = {"vae": _vae, "text_encoder": _text_encoder}
"""The components that every variant has; the others say themselves what they run as."""


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
