"""The shots as a forest: every shot goes on from at most one other. Order, longest way, and greatest width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.errors import Problem
from flows.storyboard.model import Shot

Upstream = Mapping[str, str | None]
"""Full id of a shot → full id of the one it goes on from."""


def upstream_of(shots: Sequence[Shot], problems: list[Problem]) -> dict[str, str | None]:
    """Who goes on from whom. A source that does not exist, and every cycle, is added to `problems` and cut."""
    sources = {shot.full_id: shot.continuity.source if shot.continuity else None for shot in shots}
    for shot in shots:
        name = shot.full_id
        source = sources[name]
        if source is not None and source not in sources:
            problems.append(Problem(shot.where("continuity.from"), f"there is no shot {source}", None, name))
            sources[name] = None
    checked: set[str] = set()
    for shot in shots:
        name = shot.full_id
        way = _way_up(name, sources, checked)
        if way and sources[way[-1]] in way:
            circle = way[way.index(str(sources[way[-1]])) :]
            message = f"goes on from itself: {' ← '.join([*circle, circle[0]])}"
            problems.append(Problem(shot.where("continuity.from"), message, "let one of them start anew", name))
            sources[way[-1]] = None
        checked.update(way)
    return sources


def _way_up(name: str, sources: Upstream, checked: set[str]) -> list[str]:
    """From a shot to the first one that was checked, starts anew, or closes a circle."""
    way: dict[str, None] = {}
    here: str | None = name
    while here is not None and here not in way and here not in checked:
        way[here] = None
        here = sources[here]
    return list(way)


def upstream_first(upstream: Upstream) -> list[str]:
    """All shots, every one after the one it goes on from; else in the order given."""
    done: dict[str, None] = {}
    for name in upstream:
        way = [name]
        while (above := upstream[way[-1]]) is not None and above not in done:
            way.append(above)
        for here in reversed(way):
            done.setdefault(here)
    return list(done)


def critical_path(order: Sequence[str], upstream: Upstream, seconds: Mapping[str, float]) -> tuple[str, ...]:
    """The chain of shots that takes longest to render one after the other; shots with nothing to render are left out.

    `order` is upstream first; `seconds` what a shot's slowest take needs.
    """
    until: dict[str, float] = {}
    for name in order:
        above = upstream[name]
        until[name] = seconds[name] + (until[above] if above else 0.0)
    if not until or max(until.values()) <= 0:
        return ()
    here: str | None = max(order, key=lambda name: until[name])
    way = []
    while here is not None:
        way.append(here)
        here = upstream[here]
    return tuple(name for name in reversed(way) if seconds[name] > 0)


def greatest_width(order: Sequence[str], upstream: Upstream, new_takes: Mapping[str, int]) -> int:
    """How many new takes can be rendered side by side at most: the greatest antichain, which in a forest is a sum."""
    below: dict[str, int] = dict.fromkeys(order, 0)
    total = 0
    for name in reversed(order):
        widest = max(new_takes[name], below[name])
        above = upstream[name]
        if above is None:
            total += widest
        else:
            below[above] += widest
    return total
