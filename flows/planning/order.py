"""The shots as a forest: every shot waits for at most one other. Order, longest way, and greatest width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.errors import Problem
from flows.storyboard.model import Shot

Upstream = Mapping[str, str | None]
"""Full id of a shot → full id of the one that it waits for, since it goes on from it."""


def upstream_of(shots: Sequence[Shot], problems: list[Problem]) -> dict[str, str | None]:
    """Who waits for whom. A source that does not exist, and every cycle, is added to `problems` and cut. Shots that are
    joined by keyframes do not wait for each other: both wait for a still, which waits for nothing."""
    sources: dict[str, str | None] = {}
    names = {shot.full_id for shot in shots}
    for shot in shots:
        name = shot.full_id
        source = shot.continuity.source if shot.continuity else None
        if source is not None and source not in names:
            problems.append(Problem(shot.where("continuity.from"), f"there is no shot {source}", None, name))
            source = None
        sources[name] = source if shot.continuity and shot.continuity.waits else None
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


def chained(shots: Sequence[Shot], upstream: Upstream) -> dict[str, str | None]:
    """Who would wait for whom, if shots that are joined by keyframes went on from each other; what would be a circle
    then is as it is."""
    found = dict(upstream)
    root: dict[str, str] = {name: above or name for name, above in upstream.items()}

    def top(name: str) -> str:
        while root[name] != name:
            root[name] = name = root[root[name]]
        return name

    for shot in shots:
        name, source = shot.full_id, shot.continuity.source if shot.continuity else None
        if source is not None and source in found and found[name] is None and top(source) != name:
            found[name] = root[name] = source
    return found


def critical_path(
    order: Sequence[str], upstream: Upstream, seconds: Mapping[str, float], first: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """The chain of shots that takes longest to render one after the other; shots with nothing to render are left out.

    `order` is upstream first; `seconds` what a shot's slowest take needs; `first` what is rendered before some shots
    and is none: their keyframes, which wait for nothing.
    """
    before, until = first or {}, dict[str, float]()
    for name in order:
        above = upstream[name]
        until[name] = seconds[name] + max(until[above] if above else 0.0, before.get(name, 0.0))
    if not until or max(until.values()) <= 0:
        return ()
    here: str | None = max(order, key=lambda name: until[name])
    way = []
    while here is not None:
        way.append(here)
        above = upstream[here]
        here = above if above is not None and until[above] >= before.get(here, 0.0) else None
    return tuple(name for name in reversed(way) if seconds[name] > 0)


def greatest_width(order: Sequence[str], upstream: Upstream, new_takes: Mapping[str, int]) -> int:
    """How many new takes can be rendered side by side at most: the greatest antichain, which in a forest is a sum.

    Keyframes widen none: where one is among takes that can be rendered at once, the shot that begins with it, a root of
    the forest, can stand in its place, and has a new take at least.
    """
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
