"""A planned clip as a row of the ledger."""

from __future__ import annotations

from datetime import datetime

from flows.ledger import LedgerRow
from flows.ledger.rows import RowStatus
from flows.planning.model import Plan, PlannedShot
from flows.store import ClipRecord
from wan.request import Numerics


def ledger_row(
    plan: Plan,
    shot: PlannedShot,
    take: int,
    segment: int,
    *,
    when: datetime,
    status: RowStatus,
    record: ClipRecord | None = None,
    user: str = "",
    flow_run: str = "",
    version: str = "",
    message: str = "",
) -> LedgerRow:
    """The row for one segment of one take (both counted from 0 here, from 1 in the ledger).

    `record` is the clip's; its timings, memory and worker are noted only when this film rendered it. `message` says
    why it failed.
    """
    clip = shot.takes[take].clips[segment]
    rendered = record if status == "rendered" else None
    return LedgerRow(
        when=when,
        status=status,
        film=plan.title,
        slug=plan.slug,
        shot=shot.id,
        take=take + 1,
        segment=segment + 1,
        fingerprint=clip.fingerprint,
        variant=clip.variant,
        checkpoint=clip.checkpoint,
        seed=clip.seed,
        prompt=clip.prompt,
        original_prompt=shot.original_prompt or shot.prompt,
        negative_prompt=clip.negative_prompt,
        width=clip.width,
        height=clip.height,
        num_frames=clip.num_frames,
        fps=clip.fps,
        num_inference_steps=clip.sampling.num_inference_steps,
        steps_taken=clip.steps_taken,
        numerics=numerics_in_a_word(clip.numerics),
        guidance_high=clip.sampling.guidance_scale.high,
        guidance_low=clip.sampling.guidance_scale.low,
        seconds=dict(rendered.seconds) if rendered else {},
        peak_memory_bytes=rendered.peak_memory_bytes if rendered else 0,
        scores=dict(record.scores) if record else {},
        device=plan.settings.render.device,
        worker=rendered.worker if rendered else "",
        user=user,
        flow_run=flow_run,
        version=version,
        message=message,
    )


def numerics_in_a_word(numerics: Numerics) -> str:
    """Such as `bf16+auto+compile`: clips that differ in it take another time."""
    switches = [name for name in ("vae_tiling", "compile") if getattr(numerics, name)]
    return "+".join([numerics.precision, numerics.attention, *switches])
