"""LoRAs laid on an expert for the clip that asks for them, and taken off again for the next."""

from __future__ import annotations

from collections.abc import Sequence

from wan.errors import RequestError
from wan.parts import Parts
from wan.request import ExpertName, Lora


def apply_loras(parts: Parts, name: str, expert: ExpertName, loras: Sequence[Lora]) -> None:
    """See to it that exactly these LoRAs, those of them meant for `expert`, are on the part `name`."""
    if any(lora.expert in ("both", expert) for lora in loras):
        raise RequestError("loras: not rendered yet")
