"""How prompts for a variant are rewritten by a language model: the form. The words are each variant's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instruction:
    """How prompts of one kind are rewritten, in `least` to `most` words. `picture` says what a picture shown means."""

    task: str
    least: int
    most: int
    picture: str
