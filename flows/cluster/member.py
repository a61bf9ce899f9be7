"""A member of a gang: the Ray actor that renders what its leader, a worker, renders.

It is the leader's child: Ray ends it with the leader. Should Ray be slow, it ends itself as soon as the gang has ended.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from flows.cluster.crew import Follower, Outcome, Task
from flows.cluster.failures import Fault, NodeFault, fault_of
from flows.cluster.job import Message
from flows.cluster.leaving import on_sigterm
from flows.cluster.renderers import Renderers, RendererSpec
from flows.cluster.said import logs_forwarded
from flows.errors import FlowsError, Stopped
from flows.events import Log
from flows.store import open_store
from wan.errors import Cancelled, OtherFailed, WanError

if TYPE_CHECKING:
    from flows.cluster.seat import Seat

LOOK_SECONDS = 1.0
LEAVE_SECONDS = 20.0
"""What the clip may take to be handed back by the leader when the system ends all processes of a machine."""


class Member:
    """Rank `rank` of a gang, from 1. Renders on a thread of its own, always the same."""

    def __init__(self, rank: int, spec: RendererSpec, store_address: str, threads: int) -> None:
        """`spec` is what will be rendered with first: its libraries are imported while nobody waits for them."""
        self._rank = rank
        self._store = open_store(store_address)
        self._renderers = Renderers(threads)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._seat: Seat | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._thread.submit(self._renderers.get, spec)  # what it fails with is said by `prepare`
        on_sigterm(self._leave)
        threading.Thread(target=self._leave_with_the_gang, name="member", daemon=True).start()

    def prepare(self, spec: RendererSpec) -> Fault | None:
        """Be able to render with it; before the gang has met, nobody waits for one that cannot."""
        return self._thread.submit(self._prepared, spec).result()

    def render(self, task: Task) -> Outcome:
        """What the leader renders now."""
        self._idle.clear()
        try:
            return self._thread.submit(self._render, task).result()
        finally:
            self._idle.set()

    def _prepared(self, spec: RendererSpec) -> Fault | None:
        try:
            self._renderers.get(spec)
        except (FlowsError, WanError) as error:
            return fault_of("", NodeFault(str(error)))
        except Exception as error:  # noqa: BLE001  # not swallowed: the leader is told
            return fault_of("", error)
        return None

    def _render(self, task: Task) -> Outcome:
        fingerprint, said = task.clip.fingerprint, list[Message]()
        fault = None
        try:
            with logs_forwarded(fingerprint, said.append):
                self._follow(task)
        except (Cancelled, Stopped, OtherFailed):
            pass  # all ended alike, or it is another's to say
        except Exception as error:  # noqa: BLE001  # not swallowed: the leader is told
            fault = fault_of(fingerprint, error)
        finally:
            self._store.release()
        told = (each.message for each in said if isinstance(each, Log) and each.level >= logging.WARNING)
        return Outcome(fault, tuple(dict.fromkeys(told)))

    def _follow(self, task: Task) -> None:
        from flows.cluster.seat import Seat

        self._seat = self._seat or Seat(self._rank)
        gang = self._seat.gang(task.layout, task.meeting, task.device)
        follower = cast(Follower, self._renderers.get(task.renderer))
        follower.follow(task.clip, self._store, gang, task.placement)

    def _leave(self) -> None:
        """The system wants the process gone, and perhaps all of the machine's: the leader hands the clip back."""
        self._idle.wait(LEAVE_SECONDS)

    def _leave_with_the_gang(self) -> None:
        """Nobody is left to render with: the leader is gone, or another member, and the leader has a word with us
        first."""
        while self._seat is None or not self._seat.over:
            time.sleep(LOOK_SECONDS)
        self._idle.wait(LEAVE_SECONDS)
        time.sleep(LOOK_SECONDS)
        os._exit(0)
