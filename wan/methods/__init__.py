"""What differs between the variants: one module each, found by this table when a pipeline is built."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from wan.methods.base import Method, Result

__all__ = ["METHODS", "Method", "Result", "method_class"]

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "t2v-a14b": "wan.methods.video:VideoMethod",
        "i2v-a14b": "wan.methods.image:ImageMethod",
        "animate-14b": "wan.methods.animate:AnimateMethod",
        "ti2v-5b": "wan.methods.text_image:TextImageMethod",
        "vace-fun-a14b": "wan.methods.control:ControlMethod",
        "s2v-14b": "wan.methods.speech:SpeechMethod",
    }
)
"""Variant → `module:class`."""


def method_class(variant: str) -> type[Method]:
    """The method that renders a variant of `METHODS`."""
    module, _, name = METHODS[variant].partition(":")
    found: type[Method] = getattr(importlib.import_module(module), name)
    return found
