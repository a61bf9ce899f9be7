"""How far each take is, by the events of its clips, and why it failed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from flows.errors import Problem
from flows.events import Event, Failed, Finished
from flows.planning.model import PlannedShot, Take


@dataclass(slots=True, eq=False)
class TakeWatch:
    """One take of a shot, the `number`-th from 1, and what it still waits for."""

    number: int
    shot: PlannedShot
    take: Take
    waits_for: set[str]
    failure: Failed | None = None

    @property
    def name(self) -> str:
        """`scene.shot`, of a keyframe its own; after the first take with its number."""
        return f"{self.shot.id} take {self.number}" if self.number > 1 else self.shot.id

    @property
    def problem(self) -> Problem | None:
        """Why it failed: after the first take with its number."""
        failed = self.failure
        if failed is None:
            return None
        take = f"take {self.number}: " if self.number > 1 else ""
        worker = f"on {failed.worker}: " if failed.worker else ""
        return Problem(None, f"{take}{worker}{failed.message}", None, self.shot.id)

    @property
    def is_keyframe(self) -> bool:
        """Whether the film does not show it: shots begin with it, and end on it."""
        return self.number == 0

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

    @property
    def shown(self) -> tuple[TakeWatch, ...]:
        """Without keyframes; where they alone are made, these."""
        return tuple(watch for watch in self.takes if not watch.is_keyframe) or self.takes

    def note(self, event: Event) -> None:
        """Take what follows from it for the takes it concerns."""
        for watch in self._by_clip.get(event.fingerprint, ()):
            if not watch.open:
                continue
            if isinstance(event, Finished):
                watch.waits_for.discard(event.fingerprint)
            elif isinstance(event, Failed) and event.final:
                watch.failure = event

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._by_clip

    def reopen(self, fingerprint: str) -> None:
        """The clip is not there any more, and is rendered again."""
        for watch in self._by_clip.get(fingerprint, ()):
            watch.waits_for.add(fingerprint)

    def of(self, fingerprint: str) -> tuple[TakeWatch, ...]:
        """The takes that a clip is part of."""
        return tuple(self._by_clip.get(fingerprint, ()))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of every take that failed."""
        return tuple(watch.problem for watch in self.takes if watch.problem is not None)

    def not_begun(self, why: str) -> tuple[Problem, ...]:
        """Of every take that still waits for something."""
        return tuple(
            Problem(None, f"take {watch.number}: {why}" if watch.number > 1 else why, None, watch.shot.id)
            for watch in self.takes
            if watch.open
        )

    def name_of(self, fingerprint: str) -> str:
        """The take that a clip belongs to."""
        watches = self._by_clip.get(fingerprint)
        return watches[0].name if watches else fingerprint[:12]


def _watches(shots: Sequence[PlannedShot], missing: Collection[str]) -> Iterator[TakeWatch]:
    for shot in shots:
        for take in shot.takes:
            waits_for = {clip.fingerprint for clip in take.clips if clip.fingerprint in missing}
            yield TakeWatch(take.number, shot, take, waits_for)
