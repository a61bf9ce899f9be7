"""Weights from safetensors into a model, each tensor straight to its type and its place.

A model is built without memory for its weights; they come file by file, a few tensors at a time, and never lie in host
memory in another type than the one asked for. On the way to a GPU a handful of them are on the host; on the way to the
host the file's own pages are given back every gigabyte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wan.errors import CheckpointError
from wan.precision import Fp8Linear, as_fp8, dtype_of, to_e4m3
from wan.request import Precision
from wan.system.stop import look_for_stop
from wan.weights.layout import weight_files

_OPEN_BYTES = 1 << 30
_THREADS = 4  # reading pages and copying them is slow in one thread; each holds one tensor
_DIFFUSERS_CONFIG = "load_config"


def load_model(
    kind: type[Any],
    folder: Path,
    *,
    precision: Precision,
    device: torch.device,
    mapped: bool = False,
    renamed: Callable[[str], str] = str,
) -> Any:
    """A model of class `kind` (diffusers or transformers) from a folder with `config.json` and safetensors.

    `mapped` leaves weights that are of the right type already in their file (low host memory; slow to read again).
    `renamed` gives a weight's name in the model from its name in the file.
    Raises `CheckpointError` when weights are missing, or are there that the model has no place for.
    """
    model = _empty(kind, folder)
    if precision in ("fp8_storage", "fp8"):
        as_fp8(model, scaled_products=precision == "fp8")
    places = _places(model)
    for path in weight_files(folder.name, folder):
        for key, tensor in _tensors(path, device, mapped, kind, precision, renamed):
            look_for_stop()
            if key in places:
                _put(*places.pop(key), tensor, device)
            elif key.split(".")[-1] not in _ignored(kind):
                raise CheckpointError(f"{path}: {key} is no weight of {kind.__name__} as {folder}/config.json has it")
    if places and hasattr(model, "tie_weights"):
        model.tie_weights()
        places = {key: place for key, place in places.items() if getattr(*place).is_meta}
    if places:
        raise CheckpointError(f"{folder} lacks {len(places)} weights of {kind.__name__}, among them {min(places)}")
    model.requires_grad_(False)
    return model.to(device).eval()  # what is left to move are small tables that are in no file


def _empty(kind: type[Any], folder: Path) -> Any:
    """The model with all its weights on the meta device; tables computed from the configuration are real."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        if hasattr(kind, _DIFFUSERS_CONFIG):
            return kind.from_config(kind.load_config(folder, local_files_only=True))
        return kind(kind.config_class.from_pretrained(folder, local_files_only=True))


def _places(model: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """Where each weight of a checkpoint goes."""
    return {
        f"{prefix}.{name}" if prefix else name: (module, name)
        for prefix, module in model.named_modules()
        for name, weight in module.named_parameters(recurse=False)
        if weight.is_meta
    }


def _ignored(kind: type[Any]) -> Sequence[str]:
    return tuple(getattr(kind, "_keys_to_ignore_on_load_unexpected", None) or ())


def _tensors(
    path: Path,
    device: torch.device,
    mapped: bool,
    kind: type[Any],
    precision: Precision,
    renamed: Callable[[str], str],
) -> Iterator[tuple[str, Tensor]]:
    from safetensors import safe_open

    def read(key: str) -> tuple[str, Tensor]:
        tensor: Tensor = file.get_tensor(key)
        name = renamed(key)
        dtype = dtype_of(kind, name, precision)
        if device.type == "cpu" and tensor.dtype == dtype:
            return name, tensor if mapped else tensor.clone()
        return name, tensor.to(device).to(dtype) if device.type == "cuda" else tensor.to(dtype)

    with safe_open(str(path), framework="pt") as header:
        sizes = {key: _size(header.get_slice(key)) for key in header.keys()}  # noqa: SIM118 (not a mapping)
    remaining = iter(sizes)
    while piece := _piece(remaining, sizes):
        with safe_open(str(path), framework="pt") as file, ThreadPoolExecutor(_THREADS) as threads:
            yield from _in_order(threads, read, piece)


def _in_order(threads: ThreadPoolExecutor, read: Any, keys: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
    """As `threads.map`, but with no more tensors read ahead than there are threads."""
    waiting = iter(keys)
    running = [threads.submit(read, key) for key in islice(waiting, _THREADS)]
    while running:
        yield running.pop(0).result()
        running.extend(threads.submit(read, key) for key in islice(waiting, 1))


def _piece(keys: Iterator[str], sizes: dict[str, int]) -> list[str]:
    """The next keys, about a gigabyte of them."""
    taken: list[str] = []
    while sum(sizes[key] for key in taken) < _OPEN_BYTES and (key := next(keys, None)) is not None:
        taken.append(key)
    return taken


def _size(entry: Any) -> int:
    count = 1
    for length in entry.get_shape():
        count *= length
    return count * 4


def _put(module: nn.Module, name: str, tensor: Tensor, device: torch.device) -> None:
    wanted = module._parameters[name]
    assert wanted is not None
    if wanted.shape != tensor.shape:
        raise CheckpointError(f"a weight is {list(tensor.shape)}, the model wants {list(wanted.shape)}: {name}")
    if isinstance(module, Fp8Linear) and name == "weight":
        tensor, scale = to_e4m3(tensor)
        module.weight_scale = scale
    module._parameters[name] = nn.Parameter(tensor, requires_grad=False)
