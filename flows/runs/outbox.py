"""What is told through a pipe, by a thread of its own: who tells never waits for who reads."""

from __future__ import annotations

import queue
import threading
from typing import IO

from flows.runs.messages import Message, encode


class Outbox:
    """Writes to `pipe`, and closes it at the end. A reader that has gone is not missed here."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._said: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="report", daemon=True)
        self._thread.start()

    def say(self, *messages: Message) -> None:
        """In this order."""
        for message in messages:
            self._said.put(message)

    def close(self, seconds: float = 0.0) -> None:
        """Nothing more is said; what was is waited for so long."""
        self._said.put(None)
        self._thread.join(seconds)

    def _write(self) -> None:
        try:
            with self._pipe as pipe:
                while (message := self._said.get()) is not None:
                    pipe.write(encode(message))
                    pipe.flush()
        except (OSError, ValueError):
            pass  # its reader has ended
