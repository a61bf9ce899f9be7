"""Which of a shot's takes are in a plan: all of them, of which the scores decide, or the one that was chosen by eye.

What was chosen by eye is alone in the plan, so the others are not rendered for it, and what goes on from the shot
depends on that take alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from flows.resolve.picks import Pick, outdated, valid

if TYPE_CHECKING:
    from flows.planning.model import Take

ChosenBy: TypeAlias = Literal["score", "storyboard", "pick"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who chose the take that the film shows."""

    by: Annotated[ChosenBy, "the scores, `take:` of the storyboard, or `wanflow pick`"] = "score"
    who: Annotated[str, "of a pick"] = ""
    when: Annotated[str, "of a pick, ISO 8601"] = ""

    @property
    def by_eye(self) -> bool:
        """Whether a person did."""
        return self.by != "score"

    def said(self, you: str = "") -> str:
        """In words, by `you` if that is who it was; empty of one that the scores decide."""
        if self.by == "score":
            return ""
        if self.by == "storyboard":
            return "chosen by the storyboard" if not you else "chosen by you (take: in the storyboard)"
        return f"chosen by {'you' if you and self.who == you else self.who or 'hand'}"


BY_SCORE = Choice()


@dataclass(frozen=True, slots=True)
class Chosen:
    """`takes` are those that the film is made of, one alone if it was chosen by eye; `others` are passed over.
    `outdated`: a pick of takes that the shot has no more."""

    takes: tuple[Take, ...]
    others: tuple[Take, ...] = ()
    choice: Choice = BY_SCORE
    outdated: Pick | None = None


def chosen(takes: Sequence[Take], number: int | None, picks: Sequence[Pick]) -> Chosen:
    """Of all takes of a shot: `number` is what the storyboard says, `picks` are those of the shot, in the order they
    were made."""
    if number is not None:
        return _alone(takes, number, Choice("storyboard"))
    if len(takes) > 1 and (pick := valid(picks, {take.fingerprint for take in takes})) is not None:
        kept = next(take for take in takes if take.fingerprint == pick.fingerprint)
        return _alone(takes, kept.number, Choice("pick", pick.who, pick.when))
    return Chosen(tuple(takes), outdated=outdated(picks, {take.fingerprint for take in takes}))


def _alone(takes: Sequence[Take], number: int, choice: Choice) -> Chosen:
    kept = tuple(take for take in takes if take.number == number)
    return Chosen(kept, tuple(take for take in takes if take.number != number), choice)
