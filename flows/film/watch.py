"""From events of clips to what happens to takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from flows.events import Event, Failed, Finished
from flows.planning.model import PlannedShot, Take


@dataclass(slots=True, eq=False)
class TakeWatch:
    """One take, and what it still waits for. `name` is `scene.shot`, after the first take with a number."""

    name: str
    shot: PlannedShot
    take: Take
    waits_for: set[str]
    failure: Failed | None = None

    @property
    def steps(self) -> int:
        """Sampling steps of all its clips: what its progress is measured in."""
        return sum(clip.spec.sampling.num_inference_steps for clip in self.take.clips)

    @property
    def open(self) -> bool:
        """Neither finished nor failed."""
        return bool(self.waits_for) and self.failure is None


class Watches:
    """All takes of a run. A clip that several takes share concerns all of them."""

    def __init__(self, shots: Sequence[PlannedShot], missing: Collection[str]) -> None:
        self.takes = tuple(_watches(shots, missing))
        self._by_clip: dict[str, list[TakeWatch]] = {}
        for watch in self.takes:
            for clip in watch.take.clips:
                self._by_clip.setdefault(clip.fingerprint, []).append(watch)

    def note(self, event: Event) -> None:
        """Take what follows from it for the takes it concerns."""
        for watch in self._by_clip.get(event.fingerprint, ()):
            if not watch.open:
                continue
            if isinstance(event, Finished):
                watch.waits_for.discard(event.fingerprint)
            elif isinstance(event, Failed) and event.final:
                watch.failure = event

    def of(self, fingerprint: str) -> tuple[TakeWatch, ...]:
        """The takes that a clip is part of."""
        return tuple(self._by_clip.get(fingerprint, ()))

    @property
    def failed(self) -> tuple[TakeWatch, ...]:
        return tuple(watch for watch in self.takes if watch.failure is not None)

    def name_of(self, fingerprint: str) -> str:
        """The take that a clip belongs to."""
        watches = self._by_clip.get(fingerprint)
        return watches[0].name if watches else fingerprint[:12]


def _watches(shots: Sequence[PlannedShot], missing: Collection[str]) -> Iterator[TakeWatch]:
    for shot in shots:
        for number, take in enumerate(shot.takes, 1):
            name = f"{shot.id} take {number}" if number > 1 else shot.id
            waits_for = {clip.fingerprint for clip in take.clips if clip.fingerprint in missing}
            yield TakeWatch(name, shot, take, waits_for)
