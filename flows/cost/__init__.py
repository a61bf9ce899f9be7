"""What films cost: prices, estimates with a range, what was used, and caps that stop before they are passed.

`prices`, `estimate`, `meter` and `caps` are pure. `reservations` keeps what films of a month have asked for in the
store; `guard` watches one film, or one batch, while it is made.
"""

from __future__ import annotations

from flows.cost.estimate import CostEstimate, estimate_cost
from flows.cost.meter import Meter, Used
from flows.cost.prices import Prices, Spend

__all__ = ["CostEstimate", "Meter", "Prices", "Spend", "Used", "estimate_cost"]
