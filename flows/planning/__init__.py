"""The plan of a film: what would be rendered, why, in which order, and how long it takes. Pure; see `flows.resolve`."""

from flows.planning.make import Sketch, make_plan, sketch_plan
from flows.planning.model import Clip, Plan, PlannedShot, Take, Totals
from flows.planning.rows import Run, ledger_row
from flows.planning.to_json import plan_to_json
from flows.planning.why import past_of

__all__ = [
    "Clip",
    "Plan",
    "PlannedShot",
    "Run",
    "Sketch",
    "Take",
    "Totals",
    "ledger_row",
    "make_plan",
    "past_of",
    "plan_to_json",
    "sketch_plan",
]
