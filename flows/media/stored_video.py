"""A video file read at another frame rate than its own: what drives a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.media.reel import Timed, play
from flows.media.video import VideoFacts, probe_video

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Frames = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class StoredVideo:
    """The frames of `path` at `fps` frames a second: for each moment, the frame that is shown then.

    Satisfies `wan.request.Video`. Raises `MediaError` when it is read and broken.
    """

    path: Path
    digest: str
    fps: float

    @cached_property
    def num_frames(self) -> int:
        """Its length at `fps`."""
        return max(1, round(self._facts.seconds * self.fps))

    @cached_property
    def _facts(self) -> VideoFacts:
        return probe_video(self.path)

    def frames(self, start: int, stop: int) -> Frames:
        """Frames `start` … `stop` − 1, cut to the video's length: uint8 `[n, H, W, 3]`."""
        import numpy as np

        wanted = range(max(start, 0), min(stop, self.num_frames))
        frames = list(self._frames(wanted))
        return np.stack(frames) if frames else np.zeros((0, 1, 1, 3), np.uint8)

    def stream(self, start: int = 0) -> Iterator[Frames]:
        """Every frame `[H, W, 3]` from `start` on, one at a time."""
        return self._frames(range(start, self.num_frames))

    def _frames(self, wanted: range) -> Iterator[Frames]:
        """One pass through the file, from where the first of them is; a frame that is shown several times is made
        once, one that is not shown never."""
        moments = [number / self.fps for number in wanted]
        if not moments:
            return
        facts, position = self._facts, 0
        clock = facts.clock
        current: Timed | None = None
        for timed in play(self.path, clock, (facts.width, facts.height), moments[0]):
            while current is not None and (timed.moment - moments[position]) * clock.rate > 1e-6:
                yield current.pixels()
                position += 1
                if position == len(moments):
                    return
            current = timed
        if current is not None:
            for _ in moments[position:]:
                yield current.pixels()


class ForwardVideo:
    """A stored video read piece after piece: each goes on decoding where the one before ended."""

    def __init__(self, video: StoredVideo) -> None:
        self._video = video
        self._next = 0
        self._stream: Iterator[Frames] = iter(())

    @property
    def num_frames(self) -> int:
        """Its length at the video's `fps`."""
        return self._video.num_frames

    @property
    def digest(self) -> str:
        """That of the file."""
        return self._video.digest

    def frames(self, start: int, stop: int) -> Frames:
        """As `StoredVideo.frames`."""
        import numpy as np

        if start != self._next or start == 0:
            self._stream = self._video.stream(start)
        frames = list(islice(self._stream, max(stop - start, 0)))
        self._next = start + len(frames)
        return np.stack(frames) if frames else np.zeros((0, 1, 1, 3), np.uint8)
