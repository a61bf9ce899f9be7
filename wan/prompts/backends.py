"""The two kinds of chat model that extend prompts: one on this machine, and one behind an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wan.hub.catalog import pulled_as
from wan.prompts.conversation import Extender


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
