"""Whether a film goes on: its joins and its shots measured from their frames, and held to budgets.

What is measured is a table (`flows.measures`), how is `flows.continuity`. Pure but for `film` and `notes`.
"""

from flows.measures import MEASURES
from flows.seams.film import clip_begins, measure_film
from flows.seams.meeting import Meeting, half_of_both, meeting
from flows.seams.seam import Continuity, Seam, over_budget, told

__all__ = [
    "MEASURES",
    "Continuity",
    "Meeting",
    "Seam",
    "clip_begins",
    "half_of_both",
    "measure_film",
    "meeting",
    "over_budget",
    "told",
]
