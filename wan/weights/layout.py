"""Whether a directory in diffusers layout holds what a variant needs (`Variant.components`). No torch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wan.errors import CheckpointError
from wan.system.folders import found_in
from wan.variants.components import ComponentKind
from wan.weights.headers import read_header

WEIGHT_NAMES = ("diffusion_pytorch_model", "model")
PICKLES = (".bin", ".pt", ".pth", ".ckpt")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises `CheckpointError` when it cannot be read or is something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} holds {type(value).__name__}, not a JSON object")
    return value


def class_name(config: Mapping[str, Any]) -> str | None:
    """The class that a `config.json` names, in diffusers' way or transformers'; None if it names none."""
    named = config.get("architectures")
    name = config.get("_class_name") or (named[0] if isinstance(named, list) and named else None)
    return name if isinstance(name, str) else None


def check_component(name: str, folder: Path, kind: ComponentKind) -> None:
    """Raises `CheckpointError` unless `folder` holds a component of that kind with all its safetensors files, each
    whole to judge by its header."""
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is missing: the checkpoint has no {name}")
    if not kind.weights:
        if not any(found_in(folder, "tokenizer*")) and not any(found_in(folder, "*.model")):
            raise CheckpointError(f"{folder} holds no tokenizer (tokenizer.json or spiece.model)")
        return
    config = read_json(_existing(folder / "config.json", name))
    actual = class_name(config)
    if actual not in (kind.class_name, kind.published_as):
        raise CheckpointError(f"{folder / 'config.json'} describes {actual}, but {name} has to be {kind.class_name}")
    for key, wanted in kind.config.items():
        if key in config and config[key] != wanted:
            raise CheckpointError(
                f"{folder / 'config.json'}: {key} is {config[key]}, this variant needs {wanted}: a checkpoint of "
                "another variant?"
            )
    for file in weight_files(name, folder):
        read_header(file)  # a file that is cut or none would be found by whoever loads it, hours later


def weight_files(name: str, folder: Path) -> list[Path]:
    """The safetensors files of a component, single or sharded. Raises `CheckpointError` when one is missing."""
    for stem in WEIGHT_NAMES:
        single, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
        if single.is_file():
            return [single]
        if index.is_file():
            return indexed_files(index)
    pickles = [path.name for path in found_in(folder) if path.suffix in PICKLES]
    if pickles:
        raise CheckpointError(
            f"{folder} has {name} only as {pickles[0]}: pickled weights can run code when they are loaded and are "
            "refused; convert them to safetensors"
        )
    raise CheckpointError(
        f"{folder} has no weights for {name} (diffusion_pytorch_model.safetensors or its index){_like(folder)}"
    )


def indexed_files(index: Path) -> list[Path]:
    """The files that an index of shards names, all beside it. Raises `CheckpointError` when one is missing, and for
    what is no index."""
    table = read_json(index).get("weight_map")
    names = sorted(set(table.values())) if isinstance(table, dict) and _are_texts(table.values()) else None
    if not names:
        raise CheckpointError(f"{index} is no index of shards: its weight_map names no files")
    if any(Path(name).name != name for name in names):
        raise CheckpointError(f"{index} names files in other folders")
    missing = [name for name in names if not (index.parent / name).is_file()]
    if missing:
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise CheckpointError(
            f"{index} lists {len(names)} files, of which these are missing: {some}{_like(index.parent)}"
        )
    return [index.parent / name for name in names]


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _like(folder: Path) -> str:
    """What is there under a name that differs by its letters' case or by a browser's ` (1)`, as a remark."""
    stems = "|".join(WEIGHT_NAMES)
    pattern = re.compile(rf"(?:{stems})[^/]*\.safetensors(?:\.index\.json)?", re.IGNORECASE)
    exact = re.compile(rf"(?:{stems})(?:-\d+-of-\d+)?\.safetensors(?:\.index\.json)?")
    names = sorted(path.name for path in folder.iterdir() if pattern.fullmatch(path.name))
    wrong = [name for name in names if not exact.fullmatch(name)]
    return f"; {wrong[0]} is there, under a name that is not looked for: rename it" if wrong else ""


def _existing(path: Path, name: str) -> Path:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: {name} is not in diffusers layout")
    return path
