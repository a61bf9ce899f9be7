from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from wan.errors import CheckpointError
from wan.variants.animate.preprocess.key import DETECTOR, models_digest
from wan.variants.animate.preprocess.models import _load_masks, load_models


def test_models_are_loaded_from_their_folders(
    poses_folder: Path, masks_folder: Path, person_frames: Any, tmp_path: Path
) -> None:
    models = load_models(poses_folder, masks_folder)
    assert models.digest == models_digest(poses_folder, masks_folder) != models_digest(poses_folder)
    assert load_models(poses_folder).masks is None
    (frame,) = person_frames([(32, 6, 48, 30)], (64, 32))
    assert len(models.detector.people(frame)) == 1
    assert models.masks is not None
    with pytest.raises(CheckpointError, match=f"{Path(DETECTOR).name} is missing"):
        models_digest(tmp_path)
    with pytest.raises(CheckpointError, match=r"config\.json is missing"):
        models_digest(poses_folder, tmp_path)


def test_sam_2_is_never_read_from_a_pickle(poses_folder: Path, masks_folder: Path, tmp_path: Path) -> None:
    from transformers import Sam2VideoModel

    copied = shutil.copytree(masks_folder, tmp_path / "sam2")
    model = Sam2VideoModel.from_pretrained(copied, use_safetensors=True)
    torch.save(model.state_dict(), copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        load_models(poses_folder, copied)
    with pytest.raises(CheckpointError, match="cannot be loaded as SAM 2"):
        _load_masks(copied, "cpu")
