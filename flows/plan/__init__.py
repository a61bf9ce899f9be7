"""The plan of a film: what would be rendered, why, in which order, and how long it takes. Pure; see `flows.resolve`.

`flows.plan(project)` is `flows.api.plan`: the import system puts this package where `from flows import plan` looks, so
the package can be called.
"""

import importlib
import sys
from types import ModuleType

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


class _Callable(ModuleType):
    def __call__(self, *arguments: object, **options: object) -> Plan:
        """`flows.api.plan`, which is found when it is needed: nothing in here imports what lies above."""
        made: Plan = importlib.import_module("flows.api").plan(*arguments, **options)
        return made


sys.modules[__name__].__class__ = _Callable
