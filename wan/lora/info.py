"""What a LoRA is, for people: how it is written, of which rank, for which expert and which models. Headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wan.errors import CheckpointError, RequestError
from wan.families import FAMILIES
from wan.lora.file import LoraFile, UnusableLora, open_lora
from wan.lora.fit import WIDTHS, check_fit, transformer_shapes
from wan.lora.keys import OTHER_KINDS, split_key
from wan.request import ExpertName
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint
from wan.weights.headers import TensorInfo, read_header


@dataclass(frozen=True, slots=True)
class LoraFacts:
    """`schemes`: whose way of writing it has. `ranks` of its pairs, from the smallest. `experts` that its keys name,
    none if they name none. `width`: channels of the model. `variants` that it may be for; `fits`: those of families
    whose checkpoints are here that it fits, as `variant (family)`. `problem`: why it cannot be used."""

    schemes: tuple[str, ...] = ()
    ranks: tuple[int, ...] = ()
    experts: tuple[ExpertName, ...] = ()
    width: int | None = None
    variants: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def model(self) -> str | None:
        """The published model that is as wide, in words."""
        return WIDTHS.get(self.width or 0)


def look_at_lora(path: Path, root: Path | None = None) -> LoraFacts | None:
    """None for a file of other weights. `root` is a folder of models, beside those that are pulled. Raises
    `CheckpointError` for what is no safetensors file."""
    tensors = read_header(path)
    if not _is_like_one(tensors):
        return None
    try:
        file = open_lora(path)
    except UnusableLora as error:
        return LoraFacts(problem=str(error).removeprefix("loras: "))
    schemes = Counter(key.scheme for key in file.keys.values() if key.role != "alpha")
    width = _width(file)
    return LoraFacts(
        schemes=tuple(name for name, _ in schemes.most_common()),
        ranks=tuple(sorted({tensors[name].shape[0] for name, key in file.keys.items() if key.role == "down"})),
        experts=file.experts,
        width=width,
        variants=_variants(file, width),
        fits=tuple(_fitting(path, root)),
    )


def _is_like_one(tensors: Mapping[str, TensorInfo]) -> bool:
    like = sum(split_key(name) is not None or any(sign.search(name) for sign, _ in OTHER_KINDS) for name in tensors)
    return like * 2 > len(tensors)


def _width(file: LoraFile) -> int | None:
    """How many channels most of its layers of attention take."""
    sizes: Counter[int] = Counter()
    for name, key in file.keys.items():
        shape = file.tensors[name].shape
        if key.role in ("down", "diff") and "attn" in key.layer:
            sizes[shape[-1]] += 1
    return sizes.most_common(1)[0][0] if sizes else None


def _variants(file: LoraFile, width: int | None) -> tuple[str, ...]:
    layers = [key.layer for key in file.keys.values()]
    for name, variant in VARIANTS.items():
        if any(sign in layer for sign in variant.own_layers for layer in layers):
            return (name,)
    return tuple(name for name, variant in VARIANTS.items() if variant.transformer.dim == width)


def _fitting(path: Path, root: Path | None) -> Iterator[str]:
    for family in FAMILIES.values():
        for variant in family.roles:
            try:
                shapes = transformer_shapes(Checkpoint.open(family, variant, root if family.root is None else None))
                check_fit(path, shapes, experts=VARIANTS[variant].experts == 2)
            except (CheckpointError, RequestError):
                continue
            yield f"{variant} ({family.name})"
