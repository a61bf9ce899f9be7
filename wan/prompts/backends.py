"""What an extender is: something that answers messages. Two kinds: a model on this machine, and an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from wan.hub.catalog import pulled_as

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


@contextmanager
def open_api(
    base_url: str, model: str, *, key: str | None = None, timeout: float = 60.0, images: bool = True
) -> Iterator[Extender]:
    """An OpenAI-compatible endpoint: `base_url` ends before `/chat/completions`.

    `key` goes into the request's header and nowhere else. `timeout`: seconds for a whole answer. `images`: whether the
    model is shown pictures. Raises ModelUnavailable for an address that is none.
    """
    from wan.prompts.api import ApiExtender

    extender = ApiExtender(base_url, model, key=key, timeout=timeout, images=images)
    try:
        yield extender
    finally:
        extender.close()


@contextmanager
def open_local(model: str | Path, *, device: str = "auto", images: bool = True) -> Iterator[Extender]:
    """An instruct model through transformers: a folder, a pulled model, or one of the Hugging Face cache; nothing is
    downloaded.

    Models that see are shown pictures, unless `images` says no. The device's memory is given back at the end.
    Raises ModelUnavailable if it is not there or cannot be loaded.
    """
    from wan.prompts.local import LocalExtender

    extender = LocalExtender(str(pulled_as(str(model)) or model), device=device, images=images)
    try:
        yield extender
    finally:
        extender.close()
