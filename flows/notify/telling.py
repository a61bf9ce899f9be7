"""An observer around another: what it hears, people are told. Nothing here fails a film, or keeps it for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from flows.batch.events import BatchEvent
from flows.batch.making import BatchMaking
from flows.batch.observer import BatchObserver
from flows.events import Event, notice_of
from flows.film.making import Making
from flows.film.observer import Observer, Run
from flows.notify.films import batch_message, film_message
from flows.notify.hooks import Hooks, hooks_of
from flows.notify.message import Message
from flows.notify.secret import is_here
from flows.notify.webhook import Untold
from flows.settings import NotifySettings

WAIT_SECONDS = 10.0
"""What is waited for, when the film is made, until people are told."""
UNTOLD = "not everybody was told: {}"
LINK_SECONDS, LOOK_SECONDS = 3.0, 0.1
LATE = f"nobody was told in {WAIT_SECONDS:g} s"

Made = TypeVar("Made", contravariant=True)
Heard = TypeVar("Heard", contravariant=True)


class Watching(Protocol[Made, Heard]):
    """An observer of a film or of a batch."""

    def start(self) -> None: ...
    def begin(self, making: Made) -> None: ...
    def tell(self, event: Heard) -> None: ...
    def end(self, making: Made, error: BaseException | None) -> None: ...
    def run(self, *, patient: bool = True) -> Run: ...
    def close(self) -> None: ...
    @property
    def troubles(self) -> Sequence[str]: ...


class Notifying(Generic[Made, Heard]):
    """Around `inner`. Messages are sent by threads of their own, which nobody waits for but `close`, and that not for
    long; what goes wrong with them is the observer's trouble. `about` says what a thing is called, `ending` what is
    said of its end."""

    def __init__(
        self,
        inner: Watching[Made, Heard],
        settings: NotifySettings,
        about: Callable[[Made], str],
        ending: Callable[[Made, BaseException | None, float], Message | None],
        *,
        watches_idle: bool = False,
    ) -> None:
        self.watches_idle = watches_idle
        self._inner = inner
        self._settings = settings
        self._about, self._ending = about, ending
        self._title = ""
        self._hooks: Hooks | None = None
        self._threads: list[threading.Thread] = []
        self._wrong: dict[str, int] = {}
        self._one = threading.Lock()
        self._closed = False
        self._began = time.monotonic()

    def start(self) -> None:
        """Raises UserError for an address that is none."""
        self._hooks = hooks_of(self._settings)
        self._inner.start()

    def begin(self, making: Made) -> None:
        self._title = self._about(making)
        self._inner.begin(making)

    def tell(self, event: Heard) -> None:
        """Never waits."""
        self._inner.tell(event)
        if (notice := notice_of(event)) is not None:
            self._send(Message(notice.kind, self._title, (notice.message,)))

    def end(self, making: Made, error: BaseException | None) -> None:
        """People are told while the inner observer is."""
        try:
            message = self._ending(making, error, self._began)
        except Exception as mistake:  # noqa: BLE001  # ours, and no reason to lose a film
            self._note(UNTOLD.format(type(mistake).__name__))
        else:
            if message is not None:
                self._send(message)
        self._inner.end(making, error)

    def run(self, *, patient: bool = True) -> Run:
        return self._inner.run(patient=patient)

    def close(self) -> None:
        self._inner.close()
        waited, self._threads = self._threads, []
        deadline = time.monotonic() + WAIT_SECONDS
        for thread in waited:
            thread.join(max(0.0, deadline - time.monotonic()))
        for thread in waited:
            if thread.is_alive():
                self._note(LATE)
        self._closed = True

    @property
    def troubles(self) -> Sequence[str]:
        """Of both; who was not told, and of how many messages, when all were tried."""
        wrong = dict(self._wrong) if self._closed else {}
        return (
            *self._inner.troubles,
            *(f"{said} ({times:,} messages)" if times > 1 else said for said, times in wrong.items()),
        )

    def _send(self, message: Message) -> None:
        if self._hooks is None or message.kind not in self._hooks.on:
            return
        thread = threading.Thread(target=self._told, args=(self._hooks, message), name="notify", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # there is no room for another
            self._note(UNTOLD.format(error))
            return
        self._threads.append(thread)

    def _link(self) -> str:
        """The run's address, which may not be known yet; it is not waited for as long as the film itself would. One of
        this machine alone leads nobody there, and is gone when the film is made."""
        deadline = time.monotonic() + LINK_SECONDS
        while not (url := self._inner.run(patient=False).url) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return "" if is_here(urlsplit(url).hostname or "") else url

    def _told(self, hooks: Hooks, message: Message) -> None:
        try:
            hooks.tell(replace(message, link=self._link()))
        except ExceptionGroup as group:
            for error in group.exceptions:
                said = str(error) if isinstance(error, Untold) else type(error).__name__  # no secret is in those
                self._note(UNTOLD.format(said))

    def _note(self, wrong: str) -> None:
        with self._one:
            self._wrong[wrong] = self._wrong.get(wrong, 0) + 1


def notifying(inner: Observer, settings: NotifySettings) -> Observer:
    """The observer of a film, and people are told what becomes of it."""
    return Notifying[Making, Event](inner, settings, _title, _film)


def notifying_batch(inner: BatchObserver, settings: NotifySettings) -> BatchObserver:
    """The observer of a batch, likewise."""
    return Notifying[BatchMaking, BatchEvent](inner, settings, _called, batch_message, watches_idle=inner.watches_idle)


def _title(making: Making) -> str:
    return making.plan.title


def _called(making: BatchMaking) -> str:
    return making.plan.called


def _film(making: Making, error: BaseException | None, began: float) -> Message | None:
    return film_message(making, error)
