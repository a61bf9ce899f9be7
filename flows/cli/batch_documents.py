"""A batch as programs read of it: what would be done, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from flows.cli.document import envelope, warnings
from flows.cli.problems import of_problem
from flows.cost import estimate_cost
from flows.fields import plain

if TYPE_CHECKING:
    from flows.batch.make import BatchResult
    from flows.batch.plan import BatchPlan
    from flows.cli.forms.batch import BatchDocument, BatchPlanDocument, BatchTotalsForm
    from flows.cli.forms.envelope import ProblemForm


def _bad(plan: BatchPlan) -> list[ProblemForm]:
    return [] if plan.table is None else [of_problem(fault.problem(plan.table), "table") for fault in plan.bad]


def plan_document(plan: BatchPlan, *, weights: bool = True) -> BatchPlanDocument:
    """The plan as programs read of it."""
    return {
        **envelope("batch --plan", problems=[*_bad(plan), *warnings(plan.warnings)]),
        "batch": plan.called,
        "folder": str(plan.folder),
        "films": [
            {
                "name": each.name,
                "row": each.film.row,
                "title": each.plan.title,
                "variables": dict(each.film.variables),
                "film_seconds": round(each.plan.totals.film_seconds, 3),
                "clips": len(each.plan.clips),
                "new": sum(clip.status == "new" for clip in each.plan.clips),
                "gpu_seconds": round(cost.seconds, 1),
                "cost": None if cost.cost is None else round(cost.cost, 6),
            }
            for each in plan.films
            for cost in [estimate_cost(each.plan)]
        ],
        "totals": totals_of(plan),
        "cost": plain(plan.cost),
        "weights": True,
    }


def totals_of(plan: BatchPlan) -> BatchTotalsForm:
    """The sums."""
    totals = plan.totals
    return {
        "films": totals.films,
        "clips": totals.clips,
        "shared": totals.shared,
        "distinct": totals.distinct,
        "cached": totals.cached,
        "new": totals.new,
        "film_seconds": round(totals.film_seconds, 3),
        "estimated_seconds": round(totals.estimated_seconds, 3),
    }


def document_of(
    plan: BatchPlan, result: BatchResult, waiting: Sequence[str] = (), code: int | None = None
) -> BatchDocument:
    """What became of it, as programs read of it; `waiting` are looks that people have to decide about. `code`: how the
    command ends, if not by what became of the films."""
    said = [*plan.warnings, *result.warnings]
    return {
        **envelope("batch", code if code is not None else 0 if result.complete else 1, [*_bad(plan), *warnings(said)]),
        "batch": plan.called,
        "folder": str(result.folder),
        "manifest": str(result.manifest),
        "parquet": str(result.parquet),
        "gallery": str(result.gallery),
        "films": [asdict(entry) for entry in result.entries],
        "waiting": list(waiting),
        "rendered": result.rendered,
        "seconds": round(result.seconds, 3),
        "run_url": result.run_url,
        "warnings": said,
    }
