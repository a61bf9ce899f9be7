"""Animate's transformer: small with random weights, and with the reference's."""

from __future__ import annotations

from typing import Any

import pytest
import torch


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="session")
def reference_expert(parity: Any) -> Any:
    """The reference's weights of the parity tensors, in fp32."""
    from wan.variants.animate.expert import AnimateExpert

    return AnimateExpert(parity.animate())
