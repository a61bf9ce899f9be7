"""Where these tests run: the GPU, or what WANFLOW_TEST_DEVICE names (`cpu`: do the tests themselves work?)."""

from __future__ import annotations

import os

import pytest
import torch

DEVICE = os.environ.get("WANFLOW_TEST_DEVICE", "cuda")
ON_GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]
