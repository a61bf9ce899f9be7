"""What differs from variant to variant: which of ComfyUI's nodes conditions a clip, and on what.

A variant that can be exported has a module here, named as its folder in `wan/variants`, with `build`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeAlias

from flows.errors import UserError
from flows.export.clips import Made, Making
from flows.planning.model import Clip
from wan.variants import VARIANTS

Builder: TypeAlias = Callable[[Making, Clip, Made | None], Made]


def builder_of(variant: str) -> Builder:
    """What makes a clip of this variant, going on from the clip before. Raises `UserError` where nothing does."""
    module = f"{__name__}.{VARIANTS[variant].folder}"
    if find_spec(module) is None:
        raise UserError(f"{variant} cannot be exported: ComfyUI's nodes for it are not known")
    builder: Builder = importlib.import_module(module).build
    return builder
