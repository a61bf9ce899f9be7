"""The checkpoints that preprocessing needs: those that the reference publishes beside Animate, and SAM 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wan.errors import CheckpointError
from wan.variants.animate.preprocess.detector import PersonDetector
from wan.variants.animate.preprocess.key import DETECTOR, POSE, models_digest
from wan.variants.animate.preprocess.keypoints import PoseEstimator
from wan.variants.animate.preprocess.masks import PersonMasks
from wan.variants.animate.preprocess.onnx_model import OnnxModel


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
    digest = models_digest(poses, masks)
    return PreprocessModels(
        PersonDetector(OnnxModel(poses / DETECTOR, device=device)),
        PoseEstimator(OnnxModel(poses / POSE, device=device)),
        None if masks is None else _load_masks(masks, device),
        digest,
    )


def _load_masks(folder: Path, device: str) -> PersonMasks:
    from safetensors import SafetensorError
    from transformers import Sam2VideoModel
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = Sam2VideoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"{folder} cannot be loaded as SAM 2: {error}") from error
    finally:
        if shown:
            logging.enable_progress_bar()
    return PersonMasks(model.to(device))
