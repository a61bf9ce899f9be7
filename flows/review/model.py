"""What is asked of people, and what they have decided. Frozen values, written to the store field by field."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from flows.words import count

Kind: TypeAlias = Literal["stills", "draft"]
Verdict: TypeAlias = Literal["approve", "take", "prompt", "drop", "note"]
VERDICTS: Mapping[Verdict, str] = {
    "approve": "it is rendered as it is",
    "take": "another take: the next seed is looked at",
    "prompt": "the shot is looked at with a new prompt",
    "drop": "the film is made without it",
    "note": "a note alone: nothing is decided",
}
"""What can be decided about a shot."""
Standing: TypeAlias = Literal["open", "approved", "dropped"]
TIME_OUT = "time-out"
"""Who has decided what nobody decided in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """About one shot. `look` is the fingerprint of what was looked at. A new prompt, and another take's seed, hold as
    long as the storyboard has what they replace: `written`, `written_seed`. Of a batch `films` are those that had that
    look; about a film as a whole `shot` is `film:`, and `look` the key of that film."""

    shot: Annotated[str, "`scene.shot`, of a batch `film:scene.shot`"]
    verdict: Verdict
    look: Annotated[str, "fingerprint of the still or draft"]
    note: str = ""
    prompt: Annotated[str, "the new one"] = ""
    written: Annotated[str, "the storyboard's, that it replaces"] = ""
    seed: Annotated[int, "of the other take"] = 0
    written_seed: Annotated[int, "the storyboard's, that it replaces"] = 0
    films: Annotated[tuple[str, ...], "of a batch: those that it is about"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one person decided at once. Entries are never changed: a later one replaces what it decides anew.

    `how`: `wanflow review`, `Prefect`, `time-out`. `rejected`: the film is not made.
    """

    number: Annotated[int, "from 1"]
    when: datetime
    who: str
    how: str
    decisions: tuple[Decision, ...] = ()
    rejected: bool = False

    @property
    def signed(self) -> str:
        """`maria on 2026-11-30 09:12 UTC`."""
        return f"{self.who} on {self.when:%Y-%m-%d %H:%M} UTC"

    @property
    def words(self) -> str:
        """What it decides, in a few words."""
        return "rejected it" if self.rejected else f"decided {count(len(self.decisions), 'shot')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A shot that is looked at. `words` is its part of the prompt, `prompt` the whole one. `given`: its picture is the
    storyboard's own, and no other take of it can be looked at. `needs`: the shot that it goes on from. Of a batch
    `shot` has the first of the `films` that have the look in front, `film:scene.shot`; `needs` stays as it is."""

    shot: str
    words: str
    prompt: str
    seed: int
    look: str
    written: str
    written_seed: int
    given: bool = False
    picture: Annotated[str, "digest of a JPEG"] = ""
    film: Annotated[str, "digest of a video"] = ""
    needs: tuple[str, ...] = ()
    films: tuple[str, ...] = ()

    @property
    def own(self) -> str:
        """`scene.shot`."""
        return own_id(self.shot)

    @property
    def shown(self) -> str:
        """What a person reads of its prompt: with variables in it, all of it with their values."""
        return self.prompt if "{{" in self.words else self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedFilm:
    """A film of a batch that is reviewed. `key`: digest of what its row says; a film that is left out is so while it
    stands."""

    name: str
    row: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All shots of a film that is reviewed, or of the `films` of a batch, each look once. `folder` is where its
    decisions are kept, `number` how many entries there were when it was made. `until`: nobody decides after that, and
    what is open is handled by `on_timeout`.

    `name` is what `wanflow review` takes for it, `reach` what it needs besides to find it: overrides. `cued`: shots
    that a voice begins with. `page` and `picture`: digests of the contact sheet; `at` where it lies on the machine that
    made it.
    """

    title: str
    kind: Kind
    name: str
    reach: tuple[str, ...] = ()
    folder: str
    number: int
    since: datetime
    questions: tuple[Question, ...]
    until: datetime | None = None
    on_timeout: Literal["approve", "reject"] = "reject"
    cast: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    cued: tuple[str, ...] = ()
    page: str = ""
    picture: str = ""
    at: str = ""
    run: str = ""
    url: str = ""
    films: tuple[BatchedFilm, ...] = ()

    @property
    def command(self) -> str:
        """What a person types to decide."""
        return shlex.join(["wanflow", "review", self.name, *self.reach])

    @property
    def looking(self) -> str:
        """What people look at."""
        return "stills" if self.kind == "stills" else "drafts"

    @property
    def whole(self) -> str:
        """What it is a review of."""
        return "batch" if self.films else "film"

    def of(self, shot: str) -> Question:
        """The question of a shot, which there is."""
        return next(each for each in self.questions if each.shot == shot)

    def view(self, film: str) -> tuple[Question, ...]:
        """The questions of a film of the batch, by their ids within it."""
        return tuple(replace(each, shot=each.own) for each in self.questions if film in each.films)

    @property
    def views(self) -> dict[str, tuple[Question, ...]]:
        """Those of every film; of one film by itself under an empty name."""
        if not self.films:
            return {"": self.questions}
        found: dict[str, list[Question]] = {film.name: [] for film in self.films}
        for question in self.questions:
            own = replace(question, shot=question.own)
            for film in question.films:
                found[film].append(own)
        return {film: tuple(questions) for film, questions in found.items()}


def own_id(shot: str) -> str:
    """`scene.shot` of `film:scene.shot`."""
    return shot.rpartition(":")[2]
