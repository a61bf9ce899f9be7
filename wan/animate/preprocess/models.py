"""The checkpoints that preprocessing needs: those that the reference publishes beside Animate, and SAM 2."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from wan.animate.preprocess.detector import PersonDetector
from wan.animate.preprocess.keypoints import PoseEstimator
from wan.animate.preprocess.masks import PersonMasks
from wan.animate.preprocess.onnx_model import OnnxModel
from wan.digests import file_digests
from wan.errors import CheckpointError

DETECTOR = "process_checkpoint/det/yolov10m.onnx"
POSE = "process_checkpoint/pose2d/vitpose_h_wholebody.onnx"
"""Where they lie in their folder; an ONNX model may be a folder with `end2end.onnx`."""


@dataclass(frozen=True, slots=True, eq=False)
class PreprocessModels:
    """`masks` is None where no person is to be replaced. `digest` is sha256 (hex) over all their files."""

    detector: PersonDetector
    pose: PoseEstimator
    masks: PersonMasks | None
    digest: str


def load_models(poses: Path, masks: Path | None = None, *, device: str = "cpu") -> PreprocessModels:
    """Load what reads a motion from the folder `poses` and, to replace a person, SAM 2 from `masks` (a folder in
    transformers' layout).

    Raises `CheckpointError` that names the missing or unreadable file.
    """
    return PreprocessModels(
        PersonDetector(OnnxModel(poses / DETECTOR, device=device)),
        PoseEstimator(OnnxModel(poses / POSE, device=device)),
        None if masks is None else _load_masks(masks, device),
        models_digest(poses, masks),
    )


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
    found = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    files = {path.relative_to(place.parent).as_posix(): path for path in found if not path.name.startswith(".")}
    if not files or not all(path.is_file() for path in files.values()):
        raise CheckpointError(f"{place} is missing: the preprocessing of Animate needs it")
    return files


def _load_masks(folder: Path, device: str) -> PersonMasks:
    from safetensors import SafetensorError
    from transformers import Sam2VideoModel

    try:
        model = Sam2VideoModel.from_pretrained(folder, local_files_only=True)
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"{folder} cannot be loaded as SAM 2: {error}") from error
    return PersonMasks(model.to(device))
