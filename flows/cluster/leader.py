"""A worker's gang as its leader, the worker's own process, sees it: the other members, which are its children in Ray.

They are started with it, in the other bundles of its place, and end with it. A gang that has lost one has ended, and so
has its leader for the pool, which starts a fresh one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from flows.cluster.crew import Disbanded, Outcome, Task
from flows.cluster.failures import MemberFault
from flows.cluster.member import Member
from flows.cluster.place import in_bundle, why
from flows.cluster.renderers import RendererSpec
from flows.cluster.room import WorkerSize
from flows.planning.model import Clip
from wan.errors import GangError, OtherFailed
from wan.parallel.layout import Layout

if TYPE_CHECKING:
    from flows.cluster.seat import Seat
    from wan.parallel.gang import Gang

_log = logging.getLogger(__name__)


class Leader:
    """The other members of the gang of this process, an actor of Ray. Used by the thread that renders."""

    def __init__(self, spec: RendererSpec, store_address: str, size: WorkerSize) -> None:
        """Starts the others, and waits for nothing."""
        import ray

        self._ray: Any = ray
        self.members = size.members
        place = ray.util.get_current_placement_group()
        self._others: list[Any] = [
            ray.remote(Member)
            .options(
                num_cpus=size.cpus,
                num_gpus=size.gpus,
                max_restarts=0,
                max_task_retries=0,
                max_concurrency=2,
                scheduling_strategy=in_bundle(ray, place, rank),
            )
            .remote(rank, spec, store_address, size.threads)
            for rank in range(1, size.members)
        ]
        self._seat: Seat | None = None
        self._meeting = ""

    @property
    def over(self) -> bool:
        """Whether the gang has met, and has ended."""
        return self._seat is not None and self._seat.over

    def crew(self, spec: RendererSpec) -> OfSpec:
        """The others, as the renderer of that spec needs them."""
        return OfSpec(self, spec)

    @contextmanager
    def at_work(self, clip: Clip, spec: RendererSpec, layout: Layout, placement: str, device: str) -> Iterator[Gang]:
        """`flows.cluster.crew.Crew.at_work`."""
        self._prepare(spec)
        answers, gang = self._begin(clip, spec, layout, placement, device)
        faults: Sequence[Exception]
        with _warnings_noted() as ours:
            try:
                yield gang
            except OtherFailed as error:
                faults = self._ended(answers, ours)
                raise faults[0] if faults else GangError("no member says what it could not do") from error
            except GangError:
                raise
            except BaseException:
                if gang.open:  # the others have ended as we did
                    self._ended(answers, ours)
                raise
            try:
                faults = self._ended(answers, ours)
            except GangError as error:
                faults = [error]
            for fault in faults:  # the clip is whole all the same
                _log.warning("%s", fault)

    def _prepare(self, spec: RendererSpec) -> None:
        """Raises MemberFault, GangError where a member has never come, Disbanded where one has gone."""
        try:
            faults = self._ray.get([other.prepare.remote(spec) for other in self._others])
        except self._ray.exceptions.RayError as error:
            raise (Disbanded if self._seat else GangError)(f"a member of the gang is gone: {why(error)}") from error
        if self.over:
            raise Disbanded("the gang has ended")
        for rank, fault in enumerate(faults, 1):
            if fault is not None:
                raise MemberFault(rank, fault)

    def _begin(
        self, clip: Clip, spec: RendererSpec, layout: Layout, placement: str, device: str
    ) -> tuple[Sequence[Any], Gang]:
        from flows.cluster.seat import Seat, free_meeting

        self._meeting = self._meeting or free_meeting()
        task = Task(clip, spec, layout, placement, device, self._meeting)
        answers = [other.render.remote(task) for other in self._others]
        self._seat = self._seat or Seat(0)
        return answers, self._seat.gang(layout, self._meeting, device)

    def _ended(self, answers: Sequence[Any], ours: Sequence[str]) -> list[MemberFault]:
        """What the others could not do; their warnings are said once. Raises GangError."""
        try:
            outcomes: list[Outcome] = self._ray.get(list(answers))
        except self._ray.exceptions.RayError as error:
            raise GangError(f"a member of the gang is gone: {why(error)}") from error
        for warning in dict.fromkeys(each for outcome in outcomes for each in outcome.warnings):
            if warning not in ours:
                _log.warning("%s", warning)
        return [
            MemberFault(rank, outcome.fault) for rank, outcome in enumerate(outcomes, 1) if outcome.fault is not None
        ]


class OfSpec:
    """`flows.cluster.crew.Crew`, for the renderer of one spec."""

    def __init__(self, leader: Leader, spec: RendererSpec) -> None:
        self._leader, self._spec = leader, spec

    @property
    def members(self) -> int:
        return self._leader.members

    def at_work(self, clip: Clip, layout: Layout, placement: str, device: str) -> AbstractContextManager[Gang]:
        return self._leader.at_work(clip, self._spec, layout, placement, device)


class _Noting(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _warnings_noted() -> Iterator[list[str]]:
    """What this process itself warns of inside the block."""
    noting = _Noting()
    root = logging.getLogger()
    root.addHandler(noting)
    try:
        yield noting.said
    finally:
        root.removeHandler(noting)
