"""The task run of a take: it shows in the Prefect UI what is said of the take. Retrying is the pool's."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows.runs.artifacts import ProgressArtifact
from flows.runs.feed import FEED
from flows.runs.messages import Advanced, Ended, Said
from flows.runs.names import PARTLY, REFUSED, REJECTED, WAITING


@task(name="take", task_run_name="{name}", retries=0, persist_result=False, cache_policy=NO_CACHE)
def take(name: str) -> State[Any]:
    """Follow the take to its end."""
    logger = get_run_logger()
    progress = ProgressArtifact(name)
    for message in FEED.get().of(name):
        match message:
            case Said(level=level, text=text):
                logger.log(level, text)
            case Advanced(fraction=fraction):
                progress.show(fraction)
            case Ended() as end:
                if end.how == "completed":
                    progress.finish()
                return as_state(end)
            case _:
                pass
    raise AssertionError("a take has an end")


def as_state(end: Ended) -> State[Any]:
    """Prefect's name for how a take or a film has ended."""
    match end.how:
        case "completed":
            return Completed(message=end.message)
        case "cached":
            return Completed(name="Cached", message=end.message)
        case "partly":
            return Failed(name=PARTLY, message=end.message)
        case "refused":
            return Failed(name=REFUSED, message=end.message)
        case "failed":
            return Failed(message=end.message)
        case "waits":
            return Completed(name=WAITING, message=end.message)
        case "rejected":
            return Cancelled(name=REJECTED, message=end.message)
        case "cancelled":
            return Cancelled(message=end.message)
        case "crashed":
            return Crashed(message=end.message)
