"""A renderer of real clips whose processes get into trouble when a clip's prompt says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from flows.cluster.crew import Disbanded
from flows.cluster.renderers import Report
from flows.cluster.stub import StubRenderer
from flows.cluster.wan_clips import WanRenderer
from flows.cluster.work import Work
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from wan.errors import GangError
from wan.parallel.gang import Gang
from wan.placement import Placement
from wan.state import State

KIND = "tests.flows.cluster.troubled_gang:TroubledGang"
SIGNALS = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}
SECONDS = 0.4
"""What each step of a slow clip takes longer."""


class WithoutGang(StubRenderer):
    """Its members are lost: while it was `idle`, or while it renders."""

    def __init__(self, *, threads: int, idle: bool) -> None:
        super().__init__(threads=threads)
        self._idle = idle

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        raise (Disbanded if self._idle else GangError)("rank 1 of the gang was lost")


class TroubledGang(WanRenderer):
    """`folder` is where it notes what happened once already, and the processes that rendered."""

    def __init__(self, *, folder: str, **options: Any) -> None:
        super().__init__(**options)
        self._folder = Path(folder)

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        with _slowly(clip.spec.prompt):
            return super().render(clip, store, report)

    def follow(self, clip: Clip, store: Store, gang: Gang, placement: Placement) -> None:
        """A `member killed` is so after its second step, once."""
        with (self._folder / "members.txt").open("a") as file:
            file.write(f"{os.getpid()}\n")
        with _slowly(clip.spec.prompt), self._ended(clip.spec.prompt):
            super().follow(clip, store, gang, placement)

    @contextmanager
    def _ended(self, prompt: str) -> Iterator[None]:
        number = next((number for how, number in SIGNALS.items() if f"member {how}" in prompt), None)
        once = self._folder / prompt.replace(" ", "_")
        keep = Work.keep

        def keep_and_end(work: Work, state: State) -> None:
            keep(work, state)
            if number is not None and state.step == 2 and not once.exists():
                once.touch()
                os.kill(os.getpid(), number)

        with mock.patch.object(Work, "keep", keep_and_end):
            yield


@contextmanager
def _slowly(prompt: str) -> Iterator[None]:
    keep = Work.keep

    def keep_and_wait(work: Work, state: State) -> None:
        keep(work, state)
        if "slow" in prompt:
            time.sleep(SECONDS)

    with mock.patch.object(Work, "keep", keep_and_wait):
        yield
