"""Names and shapes of weights without the weights: what a checkpoint is recognised and configured by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.wan.convert.named import named_transformer
from wan.weights.headers import TensorInfo

Shapes = Mapping[str, tuple[int, ...]]


def infos(shapes: Shapes) -> dict[str, TensorInfo]:
    return {name: TensorInfo("F32", shape, Path("x")) for name, shape in shapes.items()}


def transformer_infos(channels: int = 16, layers: int = 2) -> dict[str, TensorInfo]:
    """Of a plain transformer of the reference, one head of 128 channels wide."""
    return infos(
        {name: tuple(weight.shape) for name, weight in named_transformer(channels=channels, layers=layers).items()}
    )
