"""How a variant's transformer goes from the reference's layout to the class that runs. No torch.

What only one variant has lies in its folder (`wan/variants/<name>/conversion.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wan.convert.configs import Config, Tensors, transformer_config
from wan.convert.keys import transformer_key
from wan.convert.targets import Targets, renamed


@dataclass(frozen=True, slots=True)
class Conversion:
    """`targets`: where each weight goes. `config`: the class's configuration, from the names and shapes of the weights
    and the reference's own configuration (possibly empty). `own_marks`: keys that no other variant has."""

    targets: Targets
    config: Callable[[Tensors, Mapping[str, Any]], Config]
    own_marks: tuple[str, ...] = ()


PLAIN = Conversion(renamed(transformer_key), transformer_config)
"""T2V, I2V, TI2V: only the number of channels tells them apart."""
