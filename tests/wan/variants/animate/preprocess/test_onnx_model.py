from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wan.errors import CheckpointError
from wan.variants.animate.preprocess.key import POSE
from wan.variants.animate.preprocess.onnx_model import OnnxModel


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.onnx is missing"):
        OnnxModel(tmp_path / "none.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"nothing that onnx knows")
    with pytest.raises(CheckpointError, match=r"broken\.onnx cannot be loaded as an ONNX model"):
        OnnxModel(tmp_path / "broken.onnx")


def test_a_model_says_which_size_it_wants_and_gives_its_first_output(poses_folder: Path) -> None:
    model = OnnxModel(poses_folder / POSE)
    assert model.size == (192, 256)
    found = model.run(np.zeros((1, 3, 256, 192), np.float64))  # type: ignore[arg-type]
    assert found.dtype == np.float32
    assert found.shape == (1, 133, 64, 48)
