"""What a LoRA file notes down beside its weights: the scale of layers that have no `alpha` of their own. No torch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wan.weights.headers import read_metadata

NOTE = "lora_adapter_metadata"
"""Where diffusers keeps PEFT's configuration, as JSON with the model's name before every key."""
_EXPERTS = re.compile(r"(high|low)[ _.-]*noise", re.IGNORECASE)


class BadNote(ValueError):
    """A note that cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Notes:
    """PEFT's `lora_alpha`, its `alpha_pattern` (layers with an alpha of their own) and whether scaling is
    rank-stabilised. (`rank_pattern` says what the matrices show themselves.)"""

    alpha: float | None = None
    alphas: Mapping[str, float] = field(default_factory=dict)
    rank_stabilised: bool = False

    def scale(self, layer: str, rank: int) -> float:
        """What up · down of `layer` (without prefixes) is multiplied by; 1 if nothing is noted."""
        alpha = self.alpha
        for pattern, own in self.alphas.items():  # as PEFT matches: a whole name, or the end of one behind a dot
            if _is_layer(pattern, layer):
                alpha = own
                break
        if alpha is None or not rank:
            return 1.0
        return alpha / (math.sqrt(rank) if self.rank_stabilised else rank)


def read_notes(path: Path) -> Mapping[str, Notes]:
    """Notes by the name of the model they are for (`transformer`, `transformer_2`; empty where it is not said).

    Raises `BadNote` for notes that cannot be read, and those of another kind than LoRA, `CheckpointError` as
    `read_metadata`.
    """
    text = read_metadata(path).get(NOTE)
    if text is None:
        return {}
    try:
        noted = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadNote(f"{NOTE} in its metadata is no JSON ({error})") from error
    if not noted:
        return {}
    if not isinstance(noted, dict):
        raise BadNote(f"{NOTE} in its metadata is no table, but {str(noted)[:40]}")
    by_model: dict[str, dict[str, Any]] = {}
    for name, value in noted.items():
        model, _, key = name.rpartition(".")
        by_model.setdefault(model, {})[key] = value
    return {model: _notes(values) for model, values in by_model.items() if not model.startswith("text_encoder")}


def spoken_expert(path: Path) -> str | None:
    """The expert that a file's name, or else its metadata, speaks of; None if of none or both."""
    metadata = (f"{name} {value}" for name, value in read_metadata(path).items())
    for texts in ([path.stem], metadata):
        said = {match[1].lower() for text in texts for match in _EXPERTS.finditer(text[:10_000])}
        if said:
            return said.pop() if len(said) == 1 else None
    return None


def _notes(values: Mapping[str, Any]) -> Notes:
    if values.get("use_dora"):
        raise BadNote("its metadata says that it is a DoRA")
    alphas = values.get("alpha_pattern") or {}
    if not isinstance(alphas, dict):
        raise BadNote("alpha_pattern in its metadata is no table of layers")
    for layer in alphas:
        if re.search(r"[^\w.-]", _plain(str(layer))):
            raise BadNote(f"alpha_pattern in its metadata names layers by a regular expression ({str(layer)[:40]})")
    alpha = values.get("lora_alpha")
    return Notes(
        None if alpha is None else _number("lora_alpha", alpha),
        {str(layer): _number(f"alpha_pattern of {layer}", value) for layer, value in alphas.items()},
        bool(values.get("use_rslora")),
    )


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadNote(f"{name} in its metadata is {str(value)[:40]}, not a number")
    return number


def _is_layer(pattern: str, layer: str) -> bool:
    """As PEFT matches, but for regular expressions: a stranger's can take for ever."""
    plain = _plain(pattern)
    return layer == plain or layer.endswith(f".{plain}")


def _plain(pattern: str) -> str:
    return pattern.replace("\\.", ".").removeprefix("^").removesuffix("$")
