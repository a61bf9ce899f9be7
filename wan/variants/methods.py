"""What differs between the variants: one module each, found by this table when a pipeline is built."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from wan.variants.method import Method, Result

__all__ = ["METHODS", "Method", "Result", "method_class"]

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "t2v-a14b": "wan.variants.t2v.method:VideoMethod",
        "i2v-a14b": "wan.variants.i2v.method:ImageMethod",
        "animate-14b": "wan.variants.animate.method:AnimateMethod",
        "ti2v-5b": "wan.variants.ti2v.method:TextImageMethod",
        "vace-fun-a14b": "wan.variants.vace.method:ControlMethod",
        "s2v-14b": "wan.variants.s2v.method:SpeechMethod",
    }
)
"""Variant → `module:class`."""


def method_class(variant: str) -> type[Method]:
    """The method that renders a variant of `METHODS`."""
    module, _, name = METHODS[variant].partition(":")
    found: type[Method] = getattr(importlib.import_module(module), name)
    return found
