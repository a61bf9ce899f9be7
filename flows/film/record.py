"""What a film leaves in its store's history: a ledger row for every clip of every take, and what it was made of."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from flows.edit.timeline import chosen_take
from flows.errors import EnvironmentProblem, StoreError
from flows.film.making import Making
from flows.film.spending import Spending
from flows.ledger import LedgerRow, append_rows, learn_film
from flows.ledger.overheads import start_key
from flows.ledger.rows import RowStatus
from flows.person import person
from flows.planning import Run, ledger_row, past_of
from flows.planning.model import PlannedShot, Take
from flows.planning.overheads import written
from flows.resolve import PastShot
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
                remember(making.store, making.plan.storyboard, _past(making))
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
            remember(making.store, making.plan.storyboard, _past(making))
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
                seam, inside = _measures(making, shot, planned, number)
                yield spent.noted(replace(row, seam=seam, inside=inside))


def _past(making: Making) -> dict[str, PastShot]:
    """What to remember of the film, with the worst of each shot."""
    past = past_of(making.plan)
    for seam in reversed(making.continuity.worst_first):
        if seam.said and seam.shot in past:
            past[seam.shot] = replace(past[seam.shot], seam=f"{seam.name}: {seam.said[0]}", share=seam.worst)
    return past


def _measures(
    making: Making, shot: PlannedShot, take: Take, clip: int
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """What was measured of the join that a clip (from 0) of the film begins with, and, with the first, of its shot."""
    if making.film is None or take.number == 0 or take is not chosen_take(shot, making.records):
        return {}, {}  # of keyframes (0) too, which the film does not show
    found = {
        seam.kind: seam.values for seam in making.continuity.seams if seam.shot == shot.id and seam.clip == clip + 1
    }
    return found.get("join", {}), found.get("shot", {})


def _version() -> str:
    try:
        return importlib.metadata.version("wanflow")
    except importlib.metadata.PackageNotFoundError:  # from a checkout that was not installed
        return ""
