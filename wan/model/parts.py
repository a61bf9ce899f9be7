"""Where a pipeline's models live. A placement decides it; it never changes a pixel.

A part is a wrapped model (`Expert`, `Vae`, `TextEncoder` …) under the name its folder has in a checkpoint:
`text_encoder`, `transformer` (high noise), `transformer_2` (low noise), `vae`, `audio_encoder`, `image_encoder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch


class Parts(Protocol):
    """The models of one pipeline."""

    @property
    def device(self) -> torch.device:
        """Where the models run."""
        ...

    def use(self, name: str) -> AbstractContextManager[Any]:
        """The part, ready to run on `device` until the context ends."""
        ...

    def peek(self, name: str) -> Any:
        """The part wherever it is, for what it knows without computing."""
        ...

    def soon(self, name: str) -> None:
        """A hint that the part is needed next."""
        ...

    def done(self, name: str) -> None:
        """A hint that this clip does not need the part again."""
        ...


class Resident:
    """Everything stays on the device."""

    def __init__(self, parts: Mapping[str, Any], device: torch.device) -> None:
        self.parts = dict(parts)
        self._device = device

    @property
    def device(self) -> torch.device:
        return self._device

    @contextmanager
    def use(self, name: str) -> Iterator[Any]:
        yield self.parts[name]

    def peek(self, name: str) -> Any:
        return self.parts[name]

    def soon(self, name: str) -> None:
        pass

    def done(self, name: str) -> None:
        pass
