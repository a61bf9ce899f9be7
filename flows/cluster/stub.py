"""A renderer without a model: coloured, moving frames in as long as it is told to take. For tests, and for measuring
what everything around the rendering costs. No torch.

It keeps checkpoints as a renderer with models does: a stopped or lost one is gone on from.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from flows.cluster.crew import Crew
from flows.cluster.publish import store_clip
from flows.cluster.renderers import Renderer, Report
from flows.errors import Stopped
from flows.planning.model import Clip
from flows.store import ClipRecord, Store
from flows.store.checkpoints import find_checkpoint, put_checkpoint

DETERMINISM = "stub"
"""It draws the same everywhere."""

_log = logging.getLogger(__name__)


class StubRenderer:
    """Takes `seconds` a clip, in `steps` steps; the picture depends on the fingerprint alone. `checkpoint_seconds`: at
    most one checkpoint in so many seconds, and one when it is stopped; 0: none. A `crew` has nothing to do."""

    def __init__(
        self,
        *,
        threads: int,
        seconds: float = 0.0,
        steps: int = 4,
        checkpoint_seconds: float = 0.0,
        crew: Crew | None = None,
    ) -> None:
        self._seconds = seconds
        self._steps = steps
        self._every = checkpoint_seconds
        self._warm: frozenset[str] = frozenset()

    @property
    def warm(self) -> frozenset[str]:
        """The models that were asked for; nothing is loaded for them."""
        return self._warm

    def take_over(self, before: Renderer) -> None:
        """Nothing is held that would have to be given back."""
        self._warm = before.warm if isinstance(before, StubRenderer) else frozenset()

    def weigh(self, useful: Mapping[str, float]) -> None:
        """Nothing is ever dropped."""

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        """Take the steps that no checkpoint has, and draw the frames. Raises Stopped between steps."""
        self._warm |= {clip.model}
        done, spent = self._found(clip, store)
        kept, start = done, time.perf_counter()
        written = start
        for step in range(done, self._steps):
            stopping = report.should_stop()
            due = stopping or time.perf_counter() - written >= self._every
            if self._every > 0 and due and step > kept:
                self._keep(clip, store, step, spent + time.perf_counter() - start)
                kept, written = step, time.perf_counter()
            if stopping:
                raise Stopped(f"stopped after step {step}")
            time.sleep(self._seconds / self._steps)
            report.progress("denoise", step + 1, self._steps)
        frames = draw(clip)
        report.progress("write", 0, 1)
        latents = save({"latents": np.zeros((1, 16, 1, 2, 2), np.float32)})
        seconds = {"denoise": spent + time.perf_counter() - start}
        return store_clip(store, clip, frames, latents, seconds=seconds, determinism=DETERMINISM)

    def _found(self, clip: Clip, store: Store) -> tuple[int, float]:
        """The steps that are done, and the seconds that they took."""
        if self._every <= 0:
            return 0, 0.0
        data = find_checkpoint(store, clip.fingerprint, DETERMINISM, datetime.now(UTC))
        if data is None:
            return 0, 0.0
        found = json.loads(data)
        _log.info("goes on after step %d of %d, which another worker reached", found["step"], self._steps)
        return int(found["step"]), float(found["seconds"])

    def _keep(self, clip: Clip, store: Store, step: int, seconds: float) -> None:
        data = json.dumps({"step": step, "seconds": seconds}).encode()
        put_checkpoint(store, clip.fingerprint, DETERMINISM, step, data, datetime.now(UTC))


def draw(clip: Clip) -> npt.NDArray[np.uint8]:
    """A disc that crosses a plain ground, uint8 `[F, H, W, 3]`; colours and height come from the fingerprint."""
    shades = np.random.default_rng(list(clip.fingerprint.encode())).integers(40, 216, size=(2, 3), dtype=np.uint8)
    frames = np.empty((clip.spec.num_frames, clip.spec.height, clip.spec.width, 3), np.uint8)
    frames[:] = shades[0]
    rows, columns = np.ogrid[: clip.spec.height, : clip.spec.width]
    for index, frame in enumerate(frames):
        centre = clip.spec.width * (index + 1) / (clip.spec.num_frames + 1)
        disc = (columns - centre) ** 2 + (rows - clip.spec.height / 2) ** 2 < (clip.spec.height / 5) ** 2
        frame[disc] = shades[1]
    return frames
