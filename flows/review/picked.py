"""Takes that people picked (`wanflow pick`) beside what they decide in a review: of the two the later word holds.

A look of a shot whose take was picked is of that take. Who asks for another take of it is later; who picks again is
later still. A pick counts here while it counts in the film as it is to be: once another prompt was decided, say, it is
out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from flows.planning.model import Plan
from flows.resolve.picks import Pick
from flows.review.looks import is_given
from flows.review.model import Kind
from flows.review.rounds import Change
from flows.storyboard.model import Shot, Storyboard

Planned = TypeVar("Planned")
Of: TypeAlias = tuple[str, str]
"""A film of a batch (empty: the one film), and a shot of it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The number of a take that was picked, and when (ISO 8601)."""

    number: int
    when: str


def agree(
    changes: Sequence[Change],
    picks: Mapping[Of, str],
    planned: Callable[[Sequence[Change]], Planned],
    chosen: Callable[[Planned], Mapping[Of, Chosen]],
) -> tuple[Planned, tuple[Change, ...], dict[Of, int]]:
    """What is planned with those changes that hold, these changes, and the takes that were picked.

    `picks` says when something was picked of a shot last. Whether a pick counts is known once the film is planned
    (`chosen`); where it does not, the change that it would have replaced holds after all.
    """
    standing: set[Of] = set()
    seeds = {(change.film, change.shot): change for change in changes if change.key == "seed"}
    while True:
        given_up = {of for of in seeds if of not in standing and _is_later(picks.get(of, ""), seeds[of])}
        held = tuple(each for each in changes if each.key != "seed" or (each.film, each.shot) not in given_up)
        made = planned(held)
        found = chosen(made)
        lost = {of for of in given_up if of not in found or not _is_later(found[of].when, seeds[of])}
        if not lost:
            left = {of: each.number for of, each in found.items() if of not in seeds or of in given_up}
            return made, held, left
        standing |= lost


def last_picks(picks: Iterable[Pick], film: str = "") -> dict[Of, str]:
    """When each shot's last pick was made; they come oldest first."""
    return {(film, pick.shot): pick.when for pick in picks}


def chosen_in(plan: Plan, film: str = "") -> dict[Of, Chosen]:
    """The takes that are in a plan since they were picked."""
    return {
        (film, shot.id): Chosen(shot.takes[0].number, shot.choice.when)
        for shot in plan.shots
        if shot.choice.by == "pick"
    }


def with_takes(storyboard: Storyboard, takes: Mapping[Of, int], kind: Kind, film: str = "") -> Storyboard:
    """The storyboard as if it said these takes. Where a still is the picture that a shot is given nobody looks at a
    seed, and the pick counts by itself when the film is planned."""

    def taken(shot: Shot) -> Shot:
        number = takes.get((film, shot.full_id))
        return shot if number is None or (kind == "stills" and is_given(shot)) else replace(shot, take=number)

    scenes = (replace(scene, shots=tuple(map(taken, scene.shots))) for scene in storyboard.scenes)
    return replace(storyboard, scenes=tuple(scenes)) if takes else storyboard


def _is_later(when: str, change: Change) -> bool:
    """Than the change was decided."""
    try:
        picked = datetime.fromisoformat(when)
    except ValueError:
        return False
    return (picked if picked.tzinfo else picked.replace(tzinfo=UTC)) > change.entry.when
