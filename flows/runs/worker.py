"""A worker of Prefect's that makes films: takes them from the work pool, in the order that people asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.runs import alive

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import WorkerFlowRunResponse

_FAR = datetime.max.replace(tzinfo=UTC)


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
        """As many as may run at once are taken, from the first on."""
        return await super()._submit_scheduled_flow_runs(sorted(flow_run_response, key=_turn))

    async def _outcome(self, flow_run: FlowRun) -> str:
        try:
            state = (await self.client.read_flow_run(flow_run.id)).state
        except Exception as error:  # noqa: BLE001  # whatever Prefect's client may raise: only a word is missing
            return f"has ended ({type(error).__name__})"
        return (state.name or state.type.value).lower() if state else "has ended"


def _turn(entry: WorkerFlowRunResponse) -> tuple[int, datetime, datetime]:
    """The greatest priority first, then the earliest deadline, then who has waited longest."""
    run = entry.flow_run
    return (
        -_whole(run.parameters.get("priority")),
        _moment(run.parameters.get("deadline")),
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
