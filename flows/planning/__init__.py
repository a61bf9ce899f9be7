"""The plan of a film: what would be rendered, why, in which order, and how long it takes. Pure; see `flows.resolve`."""

from flows.planning.fingerprint import clip_spec
from flows.planning.make import make_plan
from flows.planning.model import Clip, HandOff, Plan, PlannedShot, Take, Totals
from flows.planning.rows import ledger_row
from flows.planning.to_json import plan_to_json
from flows.planning.why import past_of

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
