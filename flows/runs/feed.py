"""What a run's process hears from the film's: for the flow, and sorted by takes for its task runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import IO

from flows.runs.messages import Asked, Beat, Began, Ended, Message, Opened, decode

KILLED = "The process that made this film was killed. Finished takes are in the store: run it again to go on."


class Feed:
    """Reads `source` in a thread of its own, so that who writes there never waits. `ending` is set with the last
    message: the film's end, or that of its process, which is told as the film's; `last` once it was taken. `lines` is
    how many have come; `killed` is told as the end where none was. `asked` is what people have to decide, if the film
    waits for that."""

    def __init__(self, source: IO[bytes]) -> None:
        self.ending = threading.Event()
        self.last: Ended | None = None
        self.lines = 0
        self.killed = KILLED
        self.asked: Asked | None = None
        self._source = source
        self._heard: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._inboxes: dict[str, queue.SimpleQueue[Message]] = {}
        threading.Thread(target=self._read, name="feed", daemon=True).start()

    def opening(self) -> Opened | None:
        """The first message; None if the film never began."""
        first = self._heard.get()
        return first if isinstance(first, Opened) else None

    def messages(self) -> Iterator[Message]:
        """Until the film's end, which is among them. What is for a take lies in its inbox when it comes here. Who was
        interrupted may ask again: it goes on with what is left."""
        while self.last is None:
            message = self._heard.get() or Ended("", "crashed", self.killed)
            if isinstance(message, Ended) and not message.take:
                self.last = message
                self._end_takes(message)
                break
            self._sort(message)
            yield message
        yield self.last

    @property
    def finished(self) -> bool:
        """Whether the film's end was taken."""
        return self.last is not None

    def end(self) -> Ended:
        """The film's end, once it has come; nobody looks at what comes before."""
        for _ in self.messages():
            pass
        assert self.last is not None, "a film has an end"
        return self.last

    def of(self, take: str) -> Iterator[Message]:
        """What is said of a take, until its end, which is among them."""
        inbox = self._inboxes[take]
        while not isinstance(message := inbox.get(), Ended):
            yield message
        yield message

    def _sort(self, message: Message) -> None:
        if isinstance(message, Began):
            self._inboxes[message.take] = queue.SimpleQueue()
        elif (take := getattr(message, "take", "")) in self._inboxes:
            self._inboxes[take].put(message)

    def _end_takes(self, film: Ended) -> None:
        """Nobody waits for more; for those that have ended already it is one message too many."""
        for take, inbox in self._inboxes.items():
            inbox.put(Ended(take, film.how, film.message))

    def _read(self) -> None:
        try:
            with self._source as lines:
                for line in lines:
                    message = decode(line)
                    self.lines += 1
                    if isinstance(message, Asked):
                        self.asked = message
                    if isinstance(message, Ended) and not message.take:
                        self.ending.set()
                    if not isinstance(message, Beat):
                        self._heard.put(message)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # half a line: its writer was killed
        self.ending.set()
        self._heard.put(None)


FEED: ContextVar[Feed] = ContextVar("feed")
"""Of the film that this process reports; task runs see that of their flow."""
