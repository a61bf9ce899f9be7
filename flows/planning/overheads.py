"""The estimate of a whole render: until the first clip is under way, the clips, and the edit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.ledger.overheads import Overheads
from flows.planning.model import Plan, Totals
from flows.settings import Settings
from flows.storyboard.model import Deliverable
from wan.families import FAMILIES


def with_overheads(
    totals: Totals, settings: Settings, known: Overheads, size: tuple[int, int], deliver: Sequence[Deliverable]
) -> Totals:
    """The totals with start and edit in them; `estimated_seconds` was that of the clips. `size` is the film's."""
    family = FAMILIES[settings.model.family]
    start = known.start(
        family.name,
        settings.render.device,
        rendered=totals.cached < totals.takes,
        published=any(role.repo is not None for role in family.roles.values()),
    )
    edit = known.edit(megapixel_frames(totals.frames, size, deliver))
    whole = start + totals.estimated_seconds + edit
    return replace(totals, start_seconds=start, edit_seconds=edit, estimated_seconds=whole)


def megapixel_frames(frames: int, size: tuple[int, int], deliver: Sequence[Deliverable]) -> float:
    """What the edit writes: millions of pixels of the film and of what is delivered beside it, times frames."""
    sizes = [size, *((item.size.width, item.size.height) if item.size else size for item in deliver)]
    return sum(width * height for width, height in sizes) * frames / 1e6


def written(plan: Plan) -> float:
    """The same of a plan's film."""
    return megapixel_frames(plan.totals.frames, (plan.width, plan.height), plan.storyboard.deliver)
