"""What decides how a driving video is prepared, as one digest. No torch: planning a film asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from wan.errors import CheckpointError
from wan.request import Size
from wan.system.digests import file_digests
from wan.system.folders import found_in

Mode: TypeAlias = Literal["animate", "replace"]

DETECTOR = "process_checkpoint/det/yolov10m.onnx"
POSE = "process_checkpoint/pose2d/vitpose_h_wholebody.onnx"
"""Where they lie in their folder; an ONNX model may be a folder with `end2end.onnx`."""

_VERSIONS: Mapping[Mode, int] = {"animate": 1, "replace": 2}
"""Raised when a mode prepares the same video differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessSettings:
    """`size` is that of the shot, `fps` the rate of the videos. `retarget` fits the motion to the picture's person
    (animate only). `mask_cells`: see `masks.grow`."""

    mode: Mode
    size: Size
    fps: float
    retarget: bool = False
    mask_cells: int = 1


def preprocess_key(video: str, picture: str | None, models: str, settings: PreprocessSettings) -> str:
    """sha256 (hex) of everything that decides what is prepared; `video`, `picture`, `models` are digests. The picture
    counts only where the motion is fitted to its person."""
    values = {
        "version": _VERSIONS[settings.mode],
        "video": video,
        "picture": picture if settings.retarget else None,
        "models": models,
        "mode": settings.mode,
        "size": list(settings.size),
        "fps": settings.fps,
        "retarget": settings.retarget,
        "mask_cells": settings.mask_cells,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def models_digest(poses: Path, masks: Path | None = None) -> str:
    """sha256 (hex) over the files of these models, without loading them. Raises `CheckpointError`."""
    named = {**_files(poses / DETECTOR), **_files(poses / POSE)}
    if masks is not None:
        named |= _files(masks / "config.json") | _files(masks / "model.safetensors")
    digests = file_digests(list(named.values()))
    lines = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, named, strict=True))
    return hashlib.sha256(lines.encode()).hexdigest()


def _files(place: Path) -> dict[str, Path]:
    """The files of a model, a file itself or a folder with some, by their names."""
    paths = [path for path in found_in(place, "**/*") if path.is_file()] if place.is_dir() else [place]
    files = {path.relative_to(place.parent).as_posix(): path for path in paths}
    if not files or not all(path.is_file() for path in files.values()):
        raise CheckpointError(f"{place} is missing: the preprocessing of Animate needs it")
    return files
