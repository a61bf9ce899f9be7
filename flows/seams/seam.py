"""What was measured of a film, at its joins and in its shots, and how it stands against its budgets. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from flows.measures import MEASURES, Place, shown

BUDGET: Mapping[str, float] = MappingProxyType({name: measure.budget for name, measure in MEASURES.items()})
"""Of a film that says nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """A join, or (`kind` "shot") a whole shot.

    `shot`: the later one of a join (`scene.shot`), `clip` which of its clips begins there, from 1; `before`: the
    earlier shot, the same one where clips of one shot meet, empty of a whole shot. `at`: seconds into the film.
    `judged`: the later goes on from the earlier, so that what is seen of the join is a fault and no choice. `values` by
    measure."""

    kind: Place
    shot: str
    clip: int = 1
    before: str = ""
    at: float = 0.0
    transition: str = "cut"
    judged: bool = True
    values: Mapping[str, float] = field(default_factory=dict)
    budget: Mapping[str, float] = field(default_factory=lambda: BUDGET)

    @property
    def name(self) -> str:
        """As people are told of it."""
        if self.kind == "shot":
            return self.shot
        if self.before == self.shot:
            return f"{self.shot}, clips {self.clip - 1} and {self.clip}"
        return f"{self.before} → {self.shot}"

    @property
    def shares(self) -> dict[str, float]:
        """How much of its budget every measure takes, the largest first; 1 is all of it."""
        shares = {name: MEASURES[name].share(value, self.budget[name]) for name, value in self.values.items()}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    @property
    def over(self) -> tuple[str, ...]:
        """The measures that are over budget, the worst first; none of a join that is not judged."""
        if not self.judged:
            return ()
        return tuple(name for name in self.shares if MEASURES[name].over(self.values[name], self.budget[name]))

    @property
    def worst(self) -> float:
        """The largest share."""
        return next(iter(self.shares.values()), 0.0)

    @property
    def said(self) -> tuple[str, ...]:
        """The measures in words, the worst first, those that are nothing left out."""
        return tuple(shown(name, self.values[name]) for name in self.shares if self.values[name])


@dataclass(frozen=True, slots=True)
class Continuity:
    """A film, measured: `seams` in its order, joins before the shot they begin; `lights` the mean relative luminance of
    the frames that its shots show, by shot."""

    seams: tuple[Seam, ...] = ()
    lights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def worst_first(self) -> tuple[Seam, ...]:
        """Those that are judged."""
        judged = [seam for seam in self.seams if seam.judged]
        return tuple(sorted(judged, key=lambda seam: (not seam.over, -seam.worst)))

    def joins_of(self, shot: str) -> tuple[Seam, ...]:
        """The joins that its clips begin with."""
        return tuple(seam for seam in self.seams if seam.kind == "join" and seam.shot == shot)


MOST_TOLD = 5


def told(seams: Sequence[Seam]) -> list[str]:
    """Warnings of what is over budget: of many the worst, and how many more there are."""
    found = over_budget(seams)
    more = len(found) - MOST_TOLD
    if more <= 1:
        return found
    return [*found[:MOST_TOLD], f"{more} more measures are over budget; the report has them all"]


def over_budget(seams: Sequence[Seam]) -> list[str]:
    """What is over budget, in words: the place, the measure, its value and its budget, the worst first."""
    found = sorted((seam for seam in seams if seam.over), key=lambda seam: -seam.worst)
    return [
        f"{seam.name}: {shown(name, seam.values[name])} ({_budget(name, seam.budget[name])})"
        for seam in found
        for name in seam.over
    ]


def _budget(name: str, budget: float) -> str:
    return f"{name} {'at least' if MEASURES[name].lower else 'at most'} {budget:.3g}"
