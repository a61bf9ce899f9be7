"""Weights as the reference publishes them, whoever repacked them: without prefix, and no longer in eight bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from wan.convert.quantised import DEQUANTISED, Quantisation, is_side
from wan.convert.sources import Source
from wan.weights.headers import TensorInfo

PREFIXES = ("model.diffusion_model.", "diffusion_model.", "model.")


class Weights:
    """The weights of one model. `tensors`: names without prefix, types and shapes; those in eight bits are shown, and
    read, as bf16."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._prefix = _prefix(source.tensors)
        self._quantisation = Quantisation(source, self._prefix)
        self._narrow: set[str] = set()
        self.tensors: dict[str, TensorInfo] = {}
        for name, info in source.tensors.items():
            key = name.removeprefix(self._prefix)
            if is_side(key):
                continue
            if self._quantisation.holds(name, info):
                self._narrow.add(key)
                info = replace(info, dtype=DEQUANTISED)
            self.tensors[key] = info

    @property
    def quantised(self) -> bool:
        """Whether some are kept in eight bits."""
        return bool(self._narrow)

    def read(self, key: str) -> Tensor:
        """One weight: as it is stored, or out of eight bits, rounded to bf16."""
        name = self._prefix + key
        return self._quantisation.widened(name) if key in self._narrow else self.source.read(name)


def _prefix(tensors: Mapping[str, TensorInfo]) -> str:
    for prefix in PREFIXES:
        if sum(name.startswith(prefix) for name in tensors) > len(tensors) // 2:
            return prefix
    return ""
