"""The task run of a take: it watches what the pool does, and says so in the Prefect UI. Retrying is the pool's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from prefect import get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed, Failed

from flows import events
from flows.film.artifacts import ProgressArtifact
from flows.film.watch import Done, Stop, TakeWatch

Submit = Callable[[TakeWatch], PrefectFuture[Any]]


def take_submitter(takes: tuple[TakeWatch, ...]) -> Submit:
    """A function that starts the task run of one of these takes, and returns at once."""
    by_name = {watch.name: watch for watch in takes}

    @task(name="take", task_run_name="{name}", retries=0, persist_result=False)
    def take(name: str) -> State[Any]:
        watch = by_name[name]
        return _watched(watch) if watch.waits_for or watch.begun else _found(watch)

    return lambda watch: take.submit(watch.name)


def _found(watch: TakeWatch) -> State[Any]:
    return Completed(name="Cached", message=f"in the store: {watch.take.fingerprint[:12]}")


def _watched(watch: TakeWatch) -> State[Any]:
    """Follow the take to its end."""
    logger = get_run_logger()
    progress = ProgressArtifact(watch.name)
    done_steps = 0
    logger.info("seed %d, %s: %s", watch.take.seed, watch.shot.variant, watch.take.why)
    while True:
        match watch.inbox.get():
            case events.Started(worker=worker, attempt=attempt):
                logger.info("%s begins%s", worker, f", attempt {attempt}" if attempt > 1 else "")
            case events.Progress(stage="denoise", step=step):
                progress.show((done_steps + step) / max(watch.steps, 1))
            case events.Progress():
                pass
            case events.Log(level=level, message=message):
                logger.log(level, message)
            case events.Finished() as finished:
                done_steps += _log_finished(logger, watch, finished)
            case events.Failed(final=True) as failed:
                return Failed(message=failed.message)
            case events.Failed(message=message, worker=worker):
                logger.warning("%s failed, will be tried again: %s", worker, message)
            case Stop():
                return Cancelled(message="stopped by the person who started it")
            case Done():
                progress.finish()
                return Completed(message=f"in the store: {watch.take.fingerprint[:12]}")


def _log_finished(
    logger: logging.Logger | logging.LoggerAdapter[Any], watch: TakeWatch, finished: events.Finished
) -> int:
    """Returns the sampling steps of the clip."""
    record = finished.record
    if finished.cached:
        logger.info("found in the store: %s", record.fingerprint[:12])
    else:
        stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in record.seconds.items())
        logger.info("rendered by %s (%s), quality %.3f", record.worker, stages, record.quality)
    clips = {clip.fingerprint: clip for clip in watch.take.clips}
    return clips[finished.fingerprint].sampling.num_inference_steps
