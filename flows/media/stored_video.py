"""A video file read at another frame rate than its own: what drives a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.media.video import probe_video, read_video

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
        facts = probe_video(self.path)
        return max(1, round(facts.num_frames * self.fps / facts.fps))

    @cached_property
    def _speed(self) -> float:
        return probe_video(self.path).fps / self.fps

    def frames(self, start: int, stop: int) -> Frames:
        """Frames `start` … `stop` − 1, cut to the video's length: uint8 `[n, H, W, 3]`."""
        import numpy as np

        wanted = range(max(start, 0), min(stop, self.num_frames))
        found = list(self._frames(wanted))
        return np.stack(found) if found else np.zeros((0, 1, 1, 3), np.uint8)

    def stream(self, start: int = 0) -> Iterator[Frames]:
        """Every frame `[H, W, 3]` from `start` on, one at a time."""
        return self._frames(range(start, self.num_frames))

    def _frames(self, wanted: range) -> Iterator[Frames]:
        """One pass through the file; a frame that is shown several times is decoded once."""
        sources = [int(number * self._speed + 1e-6) for number in wanted]
        position, last = 0, None
        for number, frame in enumerate(read_video(self.path)):
            last = frame
            while position < len(sources) and sources[position] == number:
                yield frame
                position += 1
            if position == len(sources):
                return
        while last is not None and position < len(sources):
            yield last
            position += 1


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
        found = list(islice(self._stream, max(stop - start, 0)))
        self._next = start + len(found)
        return np.stack(found) if found else np.zeros((0, 1, 1, 3), np.uint8)
