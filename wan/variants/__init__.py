"""The WAN 2.2 variants: a folder each, with everything that is known of it. This is the table of them.

`wan/variants/<folder>/facts.py` holds one row (`wan.variants.variant.Variant`), as `VARIANT`: pure data, low in the
layers. Beside it lie its method, its models, its conditions, its keys. A new variant is its folder and one line here
(docs/variants.md). Numbers are those of the reference implementation (Wan-Video/Wan2.2, commit 42bf4cf).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from wan.variants.variant import Variant

__all__ = ["VARIANTS", "Variant"]

_FOLDERS = (
    "t2v",
    "i2v",
    "ti2v",
    "s2v",
    "animate",
    "vace",
)


def _rows() -> list[Variant]:
    return [importlib.import_module(f"{__name__}.{folder}.facts").VARIANT for folder in _FOLDERS]


VARIANTS: Mapping[str, Variant] = MappingProxyType({variant.name: variant for variant in _rows()})
