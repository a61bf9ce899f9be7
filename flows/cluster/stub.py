"""A renderer without a model: coloured, moving frames in as long as it is told to take. For tests and for measuring
what everything around the rendering costs. No torch.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from flows.cluster.publish import store_clip
from flows.cluster.renderers import Report
from flows.errors import Stopped
from flows.planning.model import Clip
from flows.store import ClipRecord, Store


class StubRenderer:
    """Takes `seconds` a clip, in `steps` steps; the picture depends on the fingerprint alone."""

    def __init__(self, *, threads: int, seconds: float = 0.0, steps: int = 4) -> None:
        self._seconds = seconds
        self._steps = steps
        self._warm: frozenset[str] = frozenset()

    @property
    def warm(self) -> frozenset[str]:
        """The models that were asked for; nothing is loaded for them."""
        return self._warm

    def render(self, clip: Clip, store: Store, report: Report) -> ClipRecord:
        """Draw the frames. Raises Stopped between steps."""
        self._warm |= {clip.model}
        start = time.perf_counter()
        for step in range(self._steps):
            if report.should_stop():
                raise Stopped(f"stopped after step {step}")
            time.sleep(self._seconds / self._steps)
            report.progress("denoise", step + 1, self._steps)
        frames = draw(clip)
        latents = save({"latents": np.zeros((1, 16, 1, 2, 2), np.float32)})
        return store_clip(store, clip, frames, latents, seconds={"denoise": time.perf_counter() - start})


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
