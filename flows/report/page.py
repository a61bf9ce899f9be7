"""Writing `report.html`: one file that opens anywhere, offline, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2

from flows.cost import estimate_cost
from flows.cost.spent import Spent
from flows.edit.deliverables import Target, target
from flows.edit.timeline import Timeline
from flows.planning.model import Plan
from flows.report.facts import Facts, gather
from flows.report.templates import environment
from flows.seams import Continuity
from flows.store import ClipRecord, Store
from wan.system.files import write_atomically

_NOTHING = Spent()


def write_report(
    plan: Plan,
    takes: Mapping[str, ClipRecord],
    timeline: Timeline,
    store: Store,
    output: Path,
    spent: Spent | None = None,
    found: Continuity | None = None,
) -> Path:
    """Write the report of a rendered film to `output` and return it.

    `takes` maps fingerprints of clips to their records, as for `make_timeline`. Pictures are inside the page; only the
    film, if it lies beside the report as `film.mp4`, is played from there, and the files of `deliver` are linked.
    `spent` is what was used for it now, beside what was expected; `found` what was measured of it, or is now.
    Raises `StoreError`, `MediaError`.
    """
    film = "film.mp4" if (output.parent / "film.mp4").exists() else None
    delivered = [target(timeline, item, output.parent) for item in timeline.deliver]
    facts = gather(plan, takes, timeline, store, film, found)
    page = render(facts, [file for file in delivered if file.path.exists()], spent or Spent())
    write_atomically(output, page)
    return output


def render(facts: Facts, delivered: Sequence[Target] = (), spent: Spent = _NOTHING) -> str:
    """The page as text; `delivered` lie beside it."""
    return _template().render(
        facts=facts,
        plan=facts.plan,
        timeline=facts.timeline,
        delivered=delivered,
        numbers={shot.shot.id: shot.number for shot in facts.shots},
        spent=spent,
        expected=estimate_cost(facts.plan),
    )


def asset_name(digest: str, plan: Plan) -> str:
    """The name of the file a digest was read from; of one the plan does not know, the digest's beginning."""
    return Path(plan.assets[digest]).name if digest in plan.assets else digest[:12]


@cache
def _template() -> jinja2.Template:
    made = environment().overlay()
    made.filters = {**made.filters, "asset": asset_name}
    return made.get_template("report.html.j2")
