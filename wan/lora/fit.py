"""Whether a LoRA was made for a model, by the headers of both files alone: found while a film is planned. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from wan.errors import RequestError
from wan.lora.file import LoraFile, UnusableLora, by_place, open_lora
from wan.lora.keys import Role
from wan.request import ExpertName
from wan.variants import VARIANTS
from wan.variants.named import named
from wan.weights.checkpoint import Checkpoint
from wan.weights.headers import read_header
from wan.weights.layout import weight_files

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
_Found: TypeAlias = dict[Role, tuple[str, tuple[int, ...]]]
WIDTHS = {1536: "WAN 2.1's 1.3B", 3072: "TI2V-5B", 5120: "the 14B models"}
"""Channels of the published transformers."""
_WHOLE = "fetch it again, or take another one"


def transformer_shapes(checkpoint: Checkpoint) -> Shapes:
    """The parameters of a checkpoint's (high-noise) transformer, by the names they have in the model that runs. Of two
    experts both have the same. Raises `CheckpointError` for files that are no safetensors."""
    renamed = named(VARIANTS[checkpoint.variant].components["transformer"].keys)
    files = weight_files("transformer", checkpoint.components["transformer"])
    return {renamed(name): info.shape for file in files for name, info in read_header(file).items()}


def check_fit(path: Path, shapes: Shapes, *, experts: bool = False) -> None:
    """Raises `RequestError` that names the file, the first key that does not fit, and both shapes, unless the LoRA fits
    a model with these parameters, of which there are two `experts` or one; `UnusableLora` when the file is none."""
    file = open_lora(path)
    places = frozenset({*shapes, *(name.rpartition(".")[0] for name in shapes)} - {""})
    sides: tuple[ExpertName | None, ...] = ("high", "low") if experts else (None,)
    for side in sides:
        for place, names in by_place(file, side, places).items():
            _check_place(file, place, {role: (name, file.tensors[name].shape) for role, name in names.items()}, shapes)


def _check_place(file: LoraFile, place: str, found: _Found, shapes: Shapes) -> None:
    _check_pair(file.path, found, place, shapes)
    for key, adds, takes in _compared(found, place, shapes):
        raise RequestError(
            f"loras: {file.path} was made for another model: {key} adds {list(adds)} to {place}, which is {list(takes)}"
            + _wide(adds, takes)
        )
    if ("down" in found) != ("up" in found):
        key, _ = next(iter(found.values()))
        raise UnusableLora(f"{file.path} has only half of what it adds to {place} ({key})", _WHOLE)


def _check_pair(path: Path, found: _Found, place: str, shapes: Shapes) -> None:
    """Two matrices of one rank, for a place that is a matrix itself."""
    if "down" not in found or "up" not in found:
        return
    (key, down), (_, up) = found["down"], found["up"]
    if down[:1] != up[1:2]:
        message = f"{path} is broken: {key} is {list(down)}, and its other half {list(up)}: two ranks"
        raise UnusableLora(message, _WHOLE)
    takes = shapes.get(f"{place}.weight", shapes.get(place, ()))
    if len(takes) < 2 or f"{place}.weight" not in shapes:
        raise RequestError(
            f"loras: {path} was made for another model: {key} adds a product of matrices to {place}, which is "
            f"{list(takes)} and takes none"
        )


def _compared(found: _Found, place: str, shapes: Shapes) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Every key whose shape does not fit, with what it would add and what is there. Differences of single parameters
    are left to whoever reads them: files hold zeros there, which are skipped."""
    takes = shapes.get(f"{place}.weight", ())
    if len(takes) < 2:
        return
    down, up, full = (found.get(role) for role in ("down", "up", "diff"))
    if down and up:
        adds = (*up[1][:1], *down[1][1:])
        if adds != takes:
            yield down[0], adds, takes
    if full and full[1] != takes:
        yield full[0], full[1], takes
    for role in ("bias", "up_bias"):
        bias = found.get(role)
        if bias and bias[1] != takes[:1]:
            yield bias[0], bias[1], takes[:1]


def _wide(adds: tuple[int, ...], takes: tuple[int, ...]) -> str:
    """Which model it was made for, where a width gives it away."""
    name = next((WIDTHS[side] for side in adds if side in WIDTHS and side not in takes), None)
    return f" (it is as wide as {name})" if name else ""
