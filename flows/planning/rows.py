"""A planned clip as a row of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.ledger import LedgerRow
from flows.ledger.rows import RowStatus
from flows.planning.model import Plan, PlannedShot
from flows.store import ClipRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The making of a film, as its rows tell it."""

    when: datetime
    user: str = ""
    flow_run: str = ""
    version: str = ""
    batch: str = ""


def ledger_row(
    plan: Plan,
    shot: PlannedShot,
    place: tuple[int, int],
    run: Run,
    status: RowStatus,
    record: ClipRecord | None = None,
    message: str = "",
) -> LedgerRow:
    """The row of one clip; `place`: which of the planned takes it is of, and which clip of that, from 0 (in the ledger
    they have their numbers, from 1).

    `record` is the clip's; its timings, memory and worker are noted only when this film rendered it. `message` says
    why it failed, or was rendered again.
    """
    take, number = place
    clip = shot.takes[take].clips[number]
    rendered = record if status == "rendered" else None
    return LedgerRow(
        when=run.when,
        status=status,
        film=plan.title,
        slug=plan.slug,
        shot=shot.id,
        take=shot.takes[take].number,
        clip=number + 1,
        fingerprint=clip.fingerprint,
        spec=clip.spec,
        fps=clip.fps,
        kernel=clip.kernel,
        original_prompt=shot.original_prompt or shot.prompt,
        approved=shot.approved or "",
        seconds=dict(rendered.seconds) if rendered else {},
        peak_memory_bytes=rendered.peak_memory_bytes if rendered else 0,
        scores=dict(record.scores) if record else {},
        device=plan.settings.render.device,
        members=rendered.members if rendered else 1,
        worker=rendered.worker if rendered else "",
        user=run.user,
        flow_run=run.flow_run,
        version=run.version,
        message=message,
        batch=run.batch,
        model=plan.settings.model.family,
    )
