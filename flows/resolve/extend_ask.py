"""Asking the model for many prompts: some at a time, and no more of them once it turns out to be gone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TypeVar

from flows.errors import SettingsError
from flows.media import load_image
from flows.resolve.extend_pins import ShortPrompt, pin
from flows.resolve.snapshot import OnPrompt
from flows.settings import PromptSettings
from flows.store import Store
from wan.errors import ModelUnavailable, PromptError
from wan.prompts import Extender, PromptRequest, extend_prompt, open_api, open_local

LOOK_SECONDS = 0.5
"""How often the main thread looks up: a Ctrl-C that comes just as it begins to wait is not seen before that."""
Answer = TypeVar("Answer")


def ask_for(
    prompts: Mapping[ShortPrompt, Path | None],
    settings: PromptSettings,
    device: str,
    store: Store,
    on_prompt: OnPrompt | None = None,
) -> dict[ShortPrompt, str | PromptError]:
    """Each prompt (with its picture) and its answer, kept in the store as it comes, or why there is none. `on_prompt`
    hears how many of how many are done, in this thread.

    Raises SettingsError for a key that is not set, ModelUnavailable if the model cannot be opened, MediaError,
    StoreError.
    """
    if not prompts:
        return {}
    threads = settings.parallel if settings.extend == "api" else 1
    tell = on_prompt or _ignore
    tell(0, len(prompts))
    with _opened(settings, device) as extender:
        asking = _Asking(extender, settings, store)
        pool = ThreadPoolExecutor(min(threads, len(prompts)), thread_name_prefix="extend")
        try:
            asked = {pool.submit(asking.ask, short, picture): short for short, picture in prompts.items()}
            for done, future in enumerate(_as_they_end(asked), 1):
                future.result()  # an error that is not about a prompt ends the rest, too
                tell(done, len(prompts))
            return {short: future.result() for future, short in asked.items()}
        finally:
            asking.over.set()  # an interruption ends the waiting of threads, too
            pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class _Asking:
    """`over` is set when nothing more is to be asked; `gone` says why, if the model is at fault."""

    extender: Extender
    settings: PromptSettings
    store: Store
    over: Event = field(default_factory=Event)
    gone: ModelUnavailable | None = None

    def ask(self, short: ShortPrompt, picture: Path | None) -> str | PromptError:
        if self.gone is not None:
            return self.gone
        image = load_image(picture) if picture is not None and self.extender.sees else None
        request = PromptRequest(short.variant, short.prompt, short.negative_prompt, image)
        try:
            answer = extend_prompt(
                self.extender,
                request,
                attempts=self.settings.attempts,
                most=self.settings.max_words,
                wait=self._wait,
            )
        except ModelUnavailable as error:
            self.gone = self.gone or error
            self.over.set()
            return self.gone
        except PromptError as error:
            return error
        return pin(self.store, short, self.settings, answer)

    def _wait(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise self.gone or ModelUnavailable("stopped", again=False)


def _as_they_end(futures: Collection[Future[Answer]]) -> Iterator[Future[Answer]]:
    left = set(futures)
    while left:
        ended, left = wait(left, LOOK_SECONDS, FIRST_COMPLETED)
        yield from ended


def _ignore(done: int, of: int) -> None:
    pass


def _opened(settings: PromptSettings, device: str) -> AbstractContextManager[Extender]:
    if settings.extend == "local":
        return open_local(settings.model, device=device, images=settings.images)
    return open_api(
        settings.base_url, settings.model, key=api_key(settings), timeout=settings.timeout, images=settings.images
    )


def api_key(settings: PromptSettings) -> str | None:
    """Read where it is used, so that it is in no settings, plan, store or log."""
    name = settings.api_key_env
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        shown = f" {name}" if name.isupper() else ""  # what is not like a name may be the key itself, by mistake
        raise SettingsError(
            f"prompts.api_key_env: the environment variable{shown} is not set; name one that holds the endpoint's key, "
            "and never the key itself (an endpoint without keys: prompts.api_key_env=null)"
        )
    return key
