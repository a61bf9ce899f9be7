"""The flow run of a film: shows what is said of it, and begins a task run for every take."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from prefect import allow_failure, flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.runs.artifacts import ProgressArtifact, show
from flows.runs.due import schedule_of
from flows.runs.feed import FEED, Feed
from flows.runs.messages import Advanced, Began, Ended, Link, Opened, Page, Said, Table, Told
from flows.runs.names import EVENT, FLOW
from flows.runs.scheduled import Scheduled
from flows.runs.tasks import as_state, take

MOST_THREADS = 64
"""Takes watched at the same time; the others are shown when their turn comes."""

ON_RUN: ContextVar[Callable[[str], None]] = ContextVar("on_run")
"""Hears the id of the flow run once it is known."""


def threads() -> TaskRunner[PrefectFuture[Any]]:
    """What runs the tasks of a film's flow."""
    return cast(TaskRunner[PrefectFuture[Any]], ThreadPoolTaskRunner(max_workers=MOST_THREADS))


@flow(
    name=FLOW,
    flow_run_name="{title}",
    retries=0,
    persist_result=False,
    validate_parameters=False,
    task_runner=threads(),
)
def film(title: str, storyboard: str, digest: str) -> State[Any]:
    """Of the film whose process fills the feed. Ends as the film ends, with all its task runs."""
    ON_RUN.get()(run_id())
    return Following(FEED.get()).to_the_end()


class Following:
    """What a feed says, as the flow run that we are in shows it, and the schedule that asked for it, if one did.
    Whoever is interrupted goes on where it was."""

    def __init__(self, feed: Feed, scheduled: Scheduled | None = None) -> None:
        self._feed = feed
        self._scheduled = scheduled
        self._progress = ProgressArtifact("film")
        self._runs: dict[str, PrefectFuture[Any]] = {}

    def to_the_end(self) -> State[Any]:
        """Ends as the film ends, with all its task runs."""
        logger = get_run_logger()
        for message in self._feed.messages():
            match message:
                case Began(take=name, after=after):
                    # Prefect draws an edge for what is waited for; it has ended by now, however it did
                    before: list[Any] = [allow_failure(self._runs[each]) for each in after if each in self._runs]
                    self._runs[name] = take.submit(name, wait_for=before)  # type: ignore[call-overload]
                case Said(take="", level=level, text=text):
                    logger.log(level, text)
                case Advanced(take="", fraction=fraction):
                    self._progress.show(fraction)
                case Page() | Table() | Link():
                    show(message)
                case Told(kind=kind, message=text):
                    _emit(kind, text)
                case Opened(title=title):
                    self._open(title)
                case Ended(take="") as end:
                    wait([*self._runs.values()])
                    if end.how == "completed":
                        self._progress.finish()
                    return as_state(end)
                case _:
                    pass
        raise AssertionError("a film has an end")

    def _open(self, title: str) -> None:
        if self._scheduled is not None:
            show(self._scheduled.page())
        _name(self._scheduled.name(title) if self._scheduled else title)


def _name(title: str) -> None:
    """A run that was asked for before anybody had read the storyboard is called after its film too."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(run_id()), name=title)


def _emit(kind: str, text: str) -> None:
    """For the automations of the server (`flows.runs.notifying`)."""
    run = _run()
    emit_event(
        event=f"{EVENT}{kind}",
        resource={"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name},
        related=[
            {
                "prefect.resource.id": f"prefect.flow.{run.flow_id}",
                "prefect.resource.role": "flow",
                "prefect.resource.name": FLOW,
            }
        ],
        payload={"text": text},
    )


def run_id() -> str:
    """Of the flow run that we are in."""
    return str(_run().id)


def due_at() -> datetime | None:
    """When the flow run that we are in was to begin."""
    return _run().expected_start_time


def own_schedule() -> str:
    """The schedule that asked for it, as Prefect calls it; empty: a person did."""
    return schedule_of({}, _run().created_by)


def _run() -> FlowRun:
    context = FlowRunContext.get()
    assert context is not None, "called inside the flow"
    assert context.flow_run is not None
    return context.flow_run
