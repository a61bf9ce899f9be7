"""How one clip is spread over the GPUs of a gang. No torch: plans may read this."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wan.errors import RequestError

PROMPTS = 2
"""Of a guided step: the prompt and the negative prompt."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`guidance` × `sequence` ranks, one GPU each.

    `guidance` 2: the prompt and the negative prompt are computed on different ranks. `sequence`: the tokens of a video
    are cut over so many ranks, and in self-attention its heads (Ulysses, arXiv 2309.14509). Rank = place among the
    prompts · `sequence` + place in the sequence. Raises `RequestError`.
    """

    guidance: int = 1
    sequence: int = 1

    def __post_init__(self) -> None:
        if self.guidance not in (1, PROMPTS):
            raise RequestError(f"guidance={self.guidance}: a step has {PROMPTS} prompts at most; use 1 or {PROMPTS}")
        if self.sequence < 1:
            raise RequestError(f"sequence={self.sequence}: tokens are cut over 1 rank or more")

    @property
    def ranks(self) -> int:
        """How many GPUs it takes."""
        return self.guidance * self.sequence

    def check_heads(self, heads: int) -> None:
        """Raises `RequestError` for a model whose heads cannot be dealt out evenly."""
        if heads % self.sequence:
            fitting = [number for number in range(1, heads + 1) if heads % number == 0]
            raise RequestError(
                f"sequence={self.sequence}: the model's {heads} attention heads cannot be dealt out over so many "
                f"ranks; use one of {', '.join(map(str, fitting))}"
            )

    def __str__(self) -> str:
        return f"guidance={self.guidance},sequence={self.sequence}"


def parse_layout(text: str) -> Layout:
    """`guidance=2,sequence=4` as a layout; what is not named is 1. Raises `RequestError`."""
    values = {"guidance": 1, "sequence": 1}
    for word in text.split(","):
        match = re.fullmatch(r"\s*(guidance|sequence)\s*=\s*(\d+)\s*", word)
        if match is None:
            raise RequestError(f"layout: {word!r} is not understood; write guidance=2,sequence=2")
        values[match[1]] = int(match[2])
    return Layout(**values)


def layout_for(gpus: int, *, guided: bool = True) -> Layout:
    """The layout that moves the least between so many GPUs: prompts apart where the number is even. Of steps that are
    not `guided` there is one prompt, and nothing but tokens to share out."""
    if guided and gpus % PROMPTS == 0:
        return Layout(PROMPTS, gpus // PROMPTS)
    return Layout(1, gpus)
