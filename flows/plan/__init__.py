"""The plan of a film: what would be rendered, why, in which order, and how long it takes. Pure; see `flows.resolve`."""

from flows.plan.fingerprint import clip_spec
from flows.plan.make import make_plan
from flows.plan.model import Clip, HandOff, Plan, PlannedShot, Take, Totals
from flows.plan.rows import ledger_row
from flows.plan.to_json import plan_to_json
from flows.plan.why import past_of

__all__ = [
    "Clip",
    "HandOff",
    "Plan",
    "PlannedShot",
    "Take",
    "Totals",
    "clip_spec",
    "ledger_row",
    "make_plan",
    "past_of",
    "plan_to_json",
]
