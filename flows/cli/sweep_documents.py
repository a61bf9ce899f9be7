"""A sweep as programs read of it: what would be done, and what was."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flows.cli.batch_documents import totals_of
from flows.cli.document import envelope, warnings
from flows.fields import plain

if TYPE_CHECKING:
    from flows.batch.make import BatchResult
    from flows.batch.plan import BatchPlan
    from flows.cli.forms.sweep import SweepDocument, SweepPlanDocument


def plan_document(plan: BatchPlan) -> SweepPlanDocument:
    """The plan as programs read of it."""
    return {
        **envelope("sweep --plan", problems=warnings(plan.warnings)),
        "sweep": plan.called,
        "folder": str(plan.folder),
        "overrides": list(plan.overrides),
        "films": [
            {
                "name": each.name,
                "title": each.plan.title,
                "differs": dict(each.film.variables),
                "film_seconds": round(each.plan.totals.film_seconds, 3),
                "clips": len(each.plan.clips),
                "new": sum(clip.status == "new" for clip in each.plan.clips),
            }
            for each in plan.films
        ],
        "totals": totals_of(plan),
        "cost": plain(plan.cost),
    }


def document_of(plan: BatchPlan, result: BatchResult) -> SweepDocument:
    """What became of it, as programs read of it."""
    said = [*plan.warnings, *result.warnings]
    return {
        **envelope("sweep", 0 if result.complete else 1, warnings(said)),
        "sweep": plan.called,
        "folder": str(result.folder),
        "overrides": list(plan.overrides),
        "sheet": str(result.gallery),
        "picture": str(result.sheet) if result.sheet else None,
        "manifest": str(result.manifest),
        "parquet": str(result.parquet),
        "films": [asdict(entry) for entry in result.entries],
        "rendered": result.rendered,
        "seconds": round(result.seconds, 3),
        "run_url": result.run_url,
        "warnings": said,
    }
