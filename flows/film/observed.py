"""Making a film under the eyes of an observer: whatever becomes of it is told, and stands in the ledger."""

from __future__ import annotations

from flows.errors import EditError, Stopped, StoreError
from flows.film.making import Making
from flows.film.observer import Observer, Run
from flows.film.record import write_history


def make_observed(making: Making, observer: Observer) -> Run:
    """Make it, and whatever became of it tell the observer, and the ledger."""
    observer.begin(making)
    try:
        _make(making, observer)
    except BaseException as failure:
        error = Stopped("stopped; finished takes are kept") if isinstance(failure, KeyboardInterrupt) else failure
        making.stop()
        _end(making, observer, error)
        if error is failure:
            raise
        raise error from failure
    return _end(making, observer, None)


def _end(making: Making, observer: Observer, error: BaseException | None) -> Run:
    """Whoever is stopped while the observer is told, or fails to tell it, has a history all the same."""
    try:
        observer.end(making, error)
    finally:
        run = _record(making, observer, patient=not isinstance(error, Stopped))
        _finish(making, observer)
    return run


def _record(making: Making, observer: Observer, *, patient: bool) -> Run:
    """The history names the run; whoever is stopped while waiting for that is in it all the same."""
    try:
        return observer.run(patient=patient)
    finally:
        if warning := write_history(making, observer.run(patient=False).id):
            making.warn(warning)


def _make(making: Making, observer: Observer) -> None:
    """Raises RenderError when takes failed, EditError, StoreError, Stopped."""
    while True:
        for event in making.events():
            observer.tell(event)
            _pass_on(making, observer)
        making.check_rendered()
        try:
            making.edit()
        except (EditError, StoreError):
            said = making.heal()
            if not said:
                raise
            for event in said:
                observer.tell(event)
        else:
            return


def _finish(making: Making, observer: Observer) -> None:
    observer.close()
    _pass_on(making, observer)


def _pass_on(making: Making, observer: Observer) -> None:
    """Nobody watches any more: said once, and no more than that."""
    for trouble in observer.troubles:
        making.warn(trouble)
