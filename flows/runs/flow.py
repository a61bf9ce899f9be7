"""The flow run of a film: shows what is said of it, and begins a task run for every take."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.runs.artifacts import ProgressArtifact, show
from flows.runs.feed import FEED
from flows.runs.messages import Advanced, Began, Ended, Link, Page, Said
from flows.runs.tasks import as_state, take

MOST_THREADS = 64
"""Takes watched at the same time; the others are shown when their turn comes."""

ON_RUN: ContextVar[Callable[[str], None]] = ContextVar("on_run")
"""Hears the id of the flow run once it is known."""


@flow(
    name="film",
    flow_run_name="{title}",
    retries=0,
    persist_result=False,
    validate_parameters=False,
    task_runner=cast(TaskRunner[PrefectFuture[Any]], ThreadPoolTaskRunner(max_workers=MOST_THREADS)),
)
def film(title: str, storyboard: str, digest: str) -> State[Any]:
    """Of the film whose process fills the feed. Ends as the film ends, with all its task runs."""
    ON_RUN.get()(_run_id())
    logger = get_run_logger()
    progress = ProgressArtifact("film")
    runs: list[PrefectFuture[Any]] = []
    for message in FEED.get().messages():
        match message:
            case Began(take=name):
                runs.append(take.submit(name))
            case Said(take="", level=level, text=text):
                logger.log(level, text)
            case Advanced(take="", fraction=fraction):
                progress.show(fraction)
            case Page() | Link():
                show(message)
            case Ended(take="") as end:
                wait(runs)
                if end.how == "completed":
                    progress.finish()
                return as_state(end)
            case _:
                pass
    raise AssertionError("a film has an end")


def _run_id() -> str:
    context = FlowRunContext.get()
    assert context is not None, "called inside the flow"
    assert context.flow_run is not None
    return str(context.flow_run.id)
