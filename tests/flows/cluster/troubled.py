"""A renderer that gets into trouble when a clip's prompt says so; otherwise it draws like the stub."""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

from flows.cluster.renderers import Report
from flows.cluster.stub import StubRenderer
from flows.errors import Stopped
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from wan.errors import RequestError

KIND = "tests.flows.cluster.troubled:TroubledRenderer"


class TroubledRenderer(StubRenderer):
    """`folder` is where it remembers what happened once already, and notes what it rendered. `family`: whose
    checkpoints a film was planned with, which it does not need."""

    def __init__(self, *, threads: int, folder: str, family: str = "") -> None:
        super().__init__(threads=threads)
        self._folder = Path(folder)

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        if "dies once" in clip.spec.prompt and self._first_time(clip):
            os.kill(os.getpid(), signal.SIGKILL)
        if "dies always" in clip.spec.prompt:
            os.kill(os.getpid(), signal.SIGKILL)
        if "hangs once" in clip.spec.prompt and self._first_time(clip):
            time.sleep(600)
        if "stumbles once" in clip.spec.prompt and self._first_time(clip):
            raise RuntimeError("out of memory, say")
        if "stumbles always" in clip.spec.prompt:
            raise RuntimeError("out of memory, say")
        if "is refused" in clip.spec.prompt:
            raise RequestError("size: 17x17 is not a size that the variant draws")
        if "speaks" in clip.spec.prompt:
            logging.getLogger("wan.somewhere").info("the boat says hello")
        if "is slow" in clip.spec.prompt:
            _step_on(report, steps=12, seconds=0.5)
        if "takes long" in clip.spec.prompt:
            _step_on(report, steps=600, seconds=0.05)
        with (self._folder / "rendered.txt").open("a") as file:
            file.write(f"{clip.spec.prompt}\n")
        return super().render(clip, store, report)

    def _first_time(self, clip: Clip) -> bool:
        marker = self._folder / f"{clip.fingerprint}.happened"
        if marker.exists():
            return False
        marker.touch()
        return True


def _step_on(report: Report, steps: int, seconds: float) -> None:
    for step in range(steps):
        if report.should_stop():
            raise Stopped(f"stopped after step {step}")
        report.progress("denoise", step + 1, steps)
        time.sleep(seconds)
