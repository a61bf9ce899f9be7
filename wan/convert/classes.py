"""The classes that will load the converted weights: which weights they want, and in which type. Nothing is computed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from wan.convert.kinds import Kind
from wan.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class Expected:
    """What a class wants: shapes by name, the parts of names whose weights stay in fp32, its whole configuration."""

    shapes: Mapping[str, tuple[int, ...]]
    keep_fp32: frozenset[str]
    config: Mapping[str, Any]

    def keeps_fp32(self, key: str) -> bool:
        """Whether the class computes with this weight in fp32 whatever the others are in."""
        return not self.keep_fp32.isdisjoint(key.split("."))


def expected(kind: Kind, config: Mapping[str, Any]) -> Expected:
    """Build the class without memory for its weights. Raises `CheckpointError` if the configuration makes no sense."""
    built = getattr(importlib.import_module(kind.module), kind.class_name)
    try:
        with torch.device("meta"), _quiet():
            model = _transformers_model(built, config) if kind.module == "transformers" else built(**config)
    except (TypeError, ValueError, AssertionError) as error:
        raise CheckpointError(f"{kind.name}: no {kind.class_name} can be built as its shapes say: {error}") from error
    tied = set(getattr(model, "_tied_weights_keys", None) or ())
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items() if name not in tied}
    keep = (
        frozenset(getattr(model, "_keep_in_fp32_modules", None) or ()) if kind.module != "transformers" else frozenset()
    )
    return Expected(shapes, keep, _saved_config(kind, model))


def _transformers_model(built: Any, config: Mapping[str, Any]) -> Any:
    settings = built.config_class(**{key: value for key, value in config.items() if key != "model_type"})
    return built(settings)


def _saved_config(kind: Kind, model: Any) -> dict[str, Any]:
    if kind.module != "transformers":
        config = {key: value for key, value in dict(model.config).items() if not key.startswith("_")}
        return {"_class_name": kind.class_name, "_diffusers_version": "0.35.0", **config}
    config = model.config.to_diff_dict()
    return {**config, "architectures": [kind.class_name]}


@contextmanager
def _quiet() -> Iterator[None]:
    """diffusers warns about every key of a configuration it does not know; the shapes are checked instead."""
    from diffusers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
