"""What a film leaves in its store's history: a ledger row for every clip of every take, and what it was made of."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from flows.errors import EnvironmentProblem, StoreError
from flows.film.making import Making
from flows.film.spending import Spending
from flows.ledger import LedgerRow, append_rows, learn_film
from flows.ledger.overheads import start_key
from flows.ledger.rows import RowStatus
from flows.person import person
from flows.planning import Run, ledger_row, past_of
from flows.planning.overheads import written
from flows.resolve.memory import remember
from flows.shots.keyframes import SUFFIX


def write_histories(makings: Sequence[Making], flow_run_id: str, batch: str) -> str | None:
    """The same of films that were made side by side, in one file of the ledger. Nothing is learnt of how long a film
    takes: others were edited and rendered beside it."""
    try:
        rows = [row for making in makings for row in _rows(making, flow_run_id, batch)]
        if rows and makings:
            append_rows(makings[0].store, rows)
        for making in makings:
            if making.film is not None:
                remember(making.store, making.plan.storyboard, past_of(making.plan))
    except (EnvironmentProblem, StoreError) as error:
        return f"the history of these films could not be written: {error}"
    return None


def write_history(making: Making, flow_run_id: str) -> str | None:
    """Add the film's rows to the ledger, failures too, learn from it how long films take, and remember a finished film
    for the next plan.

    Returns what kept it from being written. The film is what was asked for: it is not lost over its history.
    """
    try:
        append_rows(making.store, list(_rows(making, flow_run_id)))
        if making.guard is not None:
            making.guard.recorded = True
        _learn(making)
        if making.film is not None:
            remember(making.store, making.plan.storyboard, past_of(making.plan))
    except (EnvironmentProblem, StoreError) as error:
        return f"the history of this film could not be written: {error}"
    return None


def _learn(making: Making) -> None:
    settings = making.plan.settings
    key = start_key(settings.model.family, settings.render.device, rendered=bool(making.survey.missing))
    edited = making.edit_seconds if making.film is not None and not making.asked else None
    learn_film(making.store, key, making.start_seconds, edited, written(making.plan))


def _rows(making: Making, flow_run_id: str, batch: str = "") -> Iterator[LedgerRow]:
    run = Run(when=datetime.now(UTC), user=person(), flow_run=flow_run_id, version=_version(), batch=batch)
    spent = Spending(making)
    for named in (*making.stills, *making.shots):
        shot = replace(named, id=named.id.removesuffix(SUFFIX))
        for take, planned in enumerate(shot.takes):
            for number, clip in enumerate(planned.clips):
                record = making.records.get(clip.fingerprint)
                failure = making.failures.get(clip.fingerprint)
                stopped = clip.fingerprint in spent.used
                if record is None and failure is None and not stopped:
                    continue  # its turn did not come
                rendered = clip.fingerprint in making.rendered
                status: RowStatus = "rendered" if rendered else "cached"
                if record is None:
                    status = "failed" if failure else "stopped"
                message = failure.message if failure else making.healed.get(clip.fingerprint, "")
                row = ledger_row(making.plan, shot, (take, number), run, status, record, message)
                yield spent.noted(row)


def _version() -> str:
    try:
        return importlib.metadata.version("wanflow")
    except importlib.metadata.PackageNotFoundError:  # from a checkout that was not installed
        return ""
