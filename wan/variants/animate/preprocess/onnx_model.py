"""An ONNX file as a function from one array to one array: the only place that knows onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wan.errors import CheckpointError

Array = npt.NDArray[np.float32]


class OnnxModel:
    """A model with one picture input `[1, 3, H, W]`; of its outputs the first counts."""

    def __init__(self, path: Path, *, device: str = "cpu") -> None:
        """`device` is `cpu` or `cuda` (used when this onnxruntime can). Raises `CheckpointError`."""
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        file = path / "end2end.onnx" if path.is_dir() else path
        if not file.is_file():
            raise CheckpointError(f"{file} is missing: the preprocessing of Animate needs it")
        wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"] if device.startswith("cuda") else []
        providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(file), providers=providers or ["CPUExecutionProvider"]
            )
        except (
            errors.InvalidProtobuf,
            errors.InvalidGraph,
            errors.Fail,
            errors.NoSuchFile,
            errors.NotImplemented,
        ) as e:
            raise CheckpointError(f"{file} cannot be loaded as an ONNX model: {e}") from e
        self.path = file
        self._input = self._session.get_inputs()[0]

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of its picture, None where it takes any."""
        height, width = self._input.shape[2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    def run(self, pixels: Array) -> Array:
        """`[1, 3, H, W]` → its first output."""
        (output, *_) = self._session.run(None, {self._input.name: pixels.astype(np.float32, copy=False)})
        return np.asarray(output, np.float32)
