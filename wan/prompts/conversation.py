"""A conversation with a chat model: its messages, and what can answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from wan.request import Image

Speaker: TypeAlias = Literal["system", "user", "assistant"]
LONGEST_ANSWER = 2048
"""Tokens. More than any prompt needs, thoughts of a reasoning model included: what goes on after that runs away."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `image` is shown with it."""

    speaker: Speaker
    text: str
    image: Image | None = field(default=None, compare=False)


class Extender(Protocol):
    """A chat model. Where it can be asked, it can be asked by several threads at once."""

    @property
    def sees(self) -> bool:
        """Whether it can be shown pictures."""
        ...

    def answer(self, messages: Sequence[Message]) -> str:
        """The answer as it came. Raises `ModelUnavailable`, `PromptError`."""
        ...
