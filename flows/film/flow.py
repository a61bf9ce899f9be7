"""The flow run of a film: hands events of the pool to the takes' task runs, then makes the film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, wait
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Completed, Failed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.errors import FlowsError, Stopped
from flows.events import Log
from flows.film.artifacts import ProgressArtifact, show_contact_sheet, show_files, show_plan
from flows.film.tasks import take_submitter

if TYPE_CHECKING:
    from flows.film.making import Making

MOST_THREADS = 64
"""Takes watched at the same time; the others are shown when their turn comes."""


@dataclass(slots=True)
class Outcome:
    """How the flow ended: the error to raise, if any."""

    flow_run_id: str = ""
    error: FlowsError | None = None


def run_flow(making: Making, api: str) -> Outcome:
    """Run the film's flow against the Prefect API at `api`, in this thread, to its end, whatever that is."""
    outcome = Outcome()

    @flow(
        name="film",
        flow_run_name="{title}",
        retries=0,
        persist_result=False,
        validate_parameters=False,
        task_runner=cast(TaskRunner[PrefectFuture[Any]], ThreadPoolTaskRunner(max_workers=MOST_THREADS)),
    )
    def film(title: str, storyboard: str, digest: str) -> State[Any]:
        outcome.flow_run_id = _run_id()
        try:
            return _film(making)
        except (Stopped, KeyboardInterrupt, TerminationSignal) as stop:
            making.stop()
            outcome.error = stop if isinstance(stop, Stopped) else Stopped("stopped; finished takes are kept")
            return Cancelled(message=str(outcome.error))
        except FlowsError as error:
            outcome.error = error
            return Failed(message=str(error))

    plan = making.plan
    with temporary_settings({PREFECT_API_URL: api}):
        state = film(plan.title, str(plan.storyboard.path), plan.storyboard_digest, return_state=True)
    if outcome.error is None and not state.is_completed():
        state.result(raise_on_failure=True)  # what went wrong outside our own code, as it was raised
    return outcome


def _film(making: Making) -> State[Any]:
    """Raises RenderError when takes failed, EditError, Stopped."""
    logger = get_run_logger()
    watches = making.watches
    for name in sorted(watches.name_of(fingerprint) for fingerprint in making.survey.damaged):
        logger.warning("%s: its clip in the store was damaged, and is rendered again", name)
    show_plan(making.plan, watches.takes)
    _render(making)
    making.check_rendered()
    logger.info("editing %d shots", len(making.plan.shots))
    making.edit()
    show_files(making.film, making.report)
    show_contact_sheet(making.contact_sheet())
    return Completed(message=_summary(making))


def _render(making: Making) -> None:
    """Until every take has come to its end, and its task run with it."""
    logger = get_run_logger()
    submit = take_submitter(making.watches.takes)
    progress = ProgressArtifact("film")
    runs: list[PrefectFuture[Any]] = [submit(watch) for watch in making.watches.takes if not watch.waits_for]
    try:
        for event in making.events():
            runs += [submit(watch) for watch in making.watches.tell(event)]
            if isinstance(event, Log) and not event.fingerprint:
                logger.log(event.level, event.message)
            progress.show(making.fraction)
    finally:
        making.watches.stop()
        wait(runs)
    progress.finish()


def _summary(making: Making) -> str:
    rendered = sum(watch.take.fingerprint in making.rendered for watch in making.watches.takes)
    takes = f"{rendered} of {len(making.watches.takes)} takes rendered"
    return f"{making.film}: {takes}" if making.film else takes


def _run_id() -> str:
    context = FlowRunContext.get()
    assert context is not None, "called inside the flow"
    assert context.flow_run is not None
    return str(context.flow_run.id)
