"""Making a batch under the eyes of an observer: what became of it is told, and in the manifest and the ledger; each of
these whatever becomes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.batch.events import BatchEvent
from flows.batch.making import BatchMaking
from flows.batch.observer import BatchObserver
from flows.batch.record import Recorder
from flows.errors import EnvironmentProblem, Stopped
from flows.film.observer import Run
from flows.film.record import write_histories

if TYPE_CHECKING:
    from flows.batch.make import Instead


def make_observed(making: BatchMaking, observer: BatchObserver, recorder: Recorder, instead: Instead | None) -> Run:
    """Make the films, or whatever is made `instead`. Raises what keeps a batch from going on, Stopped, and
    EnvironmentProblem if its manifest cannot be written."""
    observer.begin(making)
    try:
        for event in making.events():
            observer.tell(event)
            _note(making, recorder, event)
            _pass_on(making, observer)
        if instead is not None and all(entry.settled or entry.state == "refused" for entry in making.entries):
            making.waiting = instead.batch(making)
    except BaseException as failure:
        making.stop()
        error = _as_told(failure)
        _end(making, observer, recorder, error)
        if error is failure:
            raise
        raise error from failure
    return _end(making, observer, recorder, None)


def _as_told(failure: BaseException) -> BaseException:
    interrupted = isinstance(failure, KeyboardInterrupt)
    return Stopped("stopped; finished films and takes are kept") if interrupted else failure


def _end(making: BatchMaking, observer: BatchObserver, recorder: Recorder, error: BaseException | None) -> Run:
    """The manifest, the observer, the ledger. What keeps the manifest from being written is what the batch ends with,
    unless it ends with something else."""
    try:
        recorder.write()
        if (warning := recorder.compare(making.plan.settings.store.address)) is not None:
            say(making, warning)
    except BaseException as failure:
        if error is None:
            error = _as_told(failure)
            _told(making, observer, error)
            if error is failure:
                raise
            raise error from failure
        say(making, str(failure) or type(failure).__name__)
    return _told(making, observer, error)


def _told(making: BatchMaking, observer: BatchObserver, error: BaseException | None) -> Run:
    """The observer's end, and the history, which names its run."""
    try:
        observer.end(making, error)
        return observer.run(patient=not isinstance(error, Stopped))
    finally:
        films = [film.making for film in making.films]
        worked = [film for film in films if film.records or film.failures or film.meter.used]
        if warning := write_histories(worked, observer.run(patient=False).id, making.plan.called):
            say(making, warning)
        elif making.guard is not None:
            making.guard.recorded = True
        observer.close()
        _pass_on(making, observer)


def _note(making: BatchMaking, recorder: Recorder, event: BatchEvent) -> None:
    """How far it is; films are made though that cannot be written meanwhile."""
    try:
        recorder.note(event)
    except EnvironmentProblem as problem:
        say(making, str(problem))


def _pass_on(making: BatchMaking, observer: BatchObserver) -> None:
    for trouble in observer.troubles:
        say(making, trouble)


def say(making: BatchMaking, text: str) -> None:
    """A warning, once."""
    if (said := making.warn(text)) is not None:
        making.on_event(said)
