"""Where a reference weight goes: its place in the class that wanflow runs, whole or in parts. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Target:
    """One weight of the class that runs, made from one weight of the reference.

    `part` of `parts` equal pieces along the first axis (a fused projection becomes several). `squeeze` drops the axes
    of length 1 (the reference stores some vectors as [1, C, 1, 1]).
    """

    key: str
    part: int = 0
    parts: int = 1
    squeeze: bool = False

    def shape(self, source: tuple[int, ...]) -> tuple[int, ...]:
        """The shape it has when the reference's weight has the shape `source`. Raises `ValueError` if it has none."""
        if self.parts > 1:
            if not source or source[0] % self.parts:
                raise ValueError(f"{self.key}: {list(source)} cannot be split into {self.parts} parts")
            source = (source[0] // self.parts, *source[1:])
        return tuple(size for size in source if size != 1) if self.squeeze else source

    def take(self, tensor: Tensor) -> Tensor:
        """The weight itself: a view of the reference's tensor."""
        if self.parts > 1:
            size = tensor.shape[0] // self.parts
            tensor = tensor[self.part * size : (self.part + 1) * size]
        return tensor.squeeze() if self.squeeze else tensor


Targets: TypeAlias = Callable[[str], tuple[Target, ...]]
"""The places of one reference key; none for a weight that is not needed. Raises `CheckpointError` if it is strange."""


def renamed(translate: Callable[[str], str]) -> Targets:
    """A table that only changes names."""
    return lambda key: (Target(translate(key)),)


def convert_weights(weights: Mapping[str, Tensor], targets: Targets) -> dict[str, Tensor]:
    """All weights of a small model at once, as a state dict of the class that runs; views where possible."""
    return {target.key: target.take(tensor) for key, tensor in weights.items() for target in targets(key)}
