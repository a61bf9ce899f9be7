"""A worker of Prefect's that makes films: takes them from the work pool, in the order that people asked for.

Of those that schedules ask for it takes what is due, and ends what is not made any more (`flows.runs.due`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import State, StateType
from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.runs import alive
from flows.runs.due import Due, deadline_at, due_of, schedule_of, verdicts
from flows.runs.names import HANDED_BACK, WAITING

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import WorkerFlowRunResponse

_FAR = datetime.max.replace(tzinfo=UTC)
_BEGUN = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED)
_GOES_ON = (HANDED_BACK, "AwaitingRetry", "Resuming")
"""Names of runs that wait, and have been begun."""


class FilmJob(ProcessJobConfiguration):
    """What is started for a run: our own engine, by the Python that serves."""

    def prepare_for_flow_run(self, *arguments: Any, **named: Any) -> None:
        """Called by Prefect. What a work pool or a deployment says to start instead is not heard."""
        self.command = command_to_string([sys.executable, "-P", "-m", "flows.runs.engine"])
        super().prepare_for_flow_run(*arguments, **named)


class FilmWorker(ProcessWorker):
    """`running` are the runs that it makes now, by id. One that is `closed` takes no more. `say` hears a line for
    people."""

    job_configuration = FilmJob

    @classmethod
    def __dispatch_key__(cls) -> str:
        """Under which Prefect finds it by name; that of a work pool's type is taken."""
        return "wanflow"

    def __init__(self, *arguments: Any, say: Callable[[str], None] = print, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.running: set[str] = set()
        self.closed = False
        self._say = say

    async def __aenter__(self) -> FilmWorker:
        await super().__aenter__()
        return self

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: Any = None,
    ) -> ProcessWorkerResult:
        """Called by Prefect: until the run's process has ended."""
        run = str(flow_run.id)
        alive.note(run)
        self.running.add(run)
        self._say(f"{flow_run.name}: begins")
        try:
            return await super().run(flow_run, configuration, task_status)
        finally:
            self.running.discard(run)
            if not self.closed:
                alive.forget(run)
            self._say(f"{flow_run.name}: {await self._outcome(flow_run)}")

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Called again and again."""
        return [] if self.closed else await super().get_and_submit_flow_runs()

    async def _submit_scheduled_flow_runs(self, flow_run_response: list[WorkerFlowRunResponse]) -> list[FlowRun]:
        """As many as may run at once are taken, from the first on. Of a schedule's, none before its time."""
        now = datetime.now(UTC)
        due = {due.run: due for entry in flow_run_response if (due := due_of(entry.flow_run))}
        ended = await self._end(flow_run_response, due.values(), now) if due else set()
        taken = [
            entry
            for entry in flow_run_response
            if (run := str(entry.flow_run.id)) not in ended and not (run in due and due[run].at > now)
        ]
        return await super()._submit_scheduled_flow_runs(sorted(taken, key=_turn))

    async def _end(self, entries: list[WorkerFlowRunResponse], due: Collection[Due], now: datetime) -> set[str]:
        """What is not made is told so. Returns the runs."""
        runs = {str(entry.flow_run.id): entry.flow_run for entry in entries}
        others = runs.keys() - {each.run for each in due}
        by_hand = [runs[number] for number in others]
        busy = {schedule_of(run.parameters, run.created_by): str(run.id) for run in [*by_hand, *await self._begun()]}
        waiting = [each for each in due if each.at <= now]
        ended = verdicts(waiting, busy, now)
        for number, verdict in ended.items():
            run = runs[number]
            name = f"{schedule_of(run.parameters, run.created_by)} ({verdict.state.lower()})"
            state: State[Any] = State(type=StateType.CANCELLED, name=verdict.state, message=verdict.message)
            await self.client.set_flow_run_state(run.id, state)
            await self.client.update_flow_run(run.id, name=name)
            self._say(f"{name}: {verdict.message}")
        return set(ended)

    async def _begun(self) -> list[FlowRun]:
        """The runs of this pool that somebody makes, or that go on where one of us serves next."""
        pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[self._work_pool_name]))
        states = (
            FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_BEGUN])),
            FlowRunFilterState(name=FlowRunFilterStateName(any_=[*_GOES_ON])),
        )
        found = [
            await self.client.read_flow_runs(flow_run_filter=FlowRunFilter(state=state), work_pool_filter=pool)
            for state in states
        ]
        return [run for runs in found for run in runs]

    async def _outcome(self, flow_run: FlowRun) -> str:
        try:
            state = (await self.client.read_flow_run(flow_run.id)).state
        except Exception as error:  # noqa: BLE001  # whatever Prefect's client may raise: only a word is missing
            return f"has ended ({type(error).__name__})"
        if state and state.name == WAITING:
            return "waits for decisions"
        return (state.name or state.type.value).lower() if state else "has ended"


def _turn(entry: WorkerFlowRunResponse) -> tuple[int, datetime, datetime]:
    """The greatest priority first, then the earliest deadline, then who has waited longest."""
    run = entry.flow_run
    return (
        -_whole(run.parameters.get("priority")),
        deadline_at(run.parameters, run.expected_start_time) or _moment(run.parameters.get("deadline")),
        run.expected_start_time or _FAR,
    )


def _whole(value: object) -> int:
    """A parameter that was checked when the run was asked for; 0 if somebody went around that."""
    return value if isinstance(value, int) else 0


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return _FAR
    return moment if moment.tzinfo else moment.astimezone()
