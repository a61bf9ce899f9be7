"""What `wanflow plan` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any

from flows.cli.forms.envelope import Envelope
from flows.cost.estimate import CostEstimate
from flows.fields import Written
from flows.planning.form import PlanForm


class PlanDocument(Envelope, PlanForm):
    """`wanflow plan`."""

    cost: Annotated[dict[str, Any], Written(CostEstimate)]
    weights: Annotated[bool, "false: planned with `--no-weights`, so nothing is known to be in the store"]
