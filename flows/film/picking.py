"""Takes that people choose by eye, looking at a film that was made: `wanflow pick`.

What there is to choose from is what the film's `plan.json` says, so nothing is planned anew, and a choice is of what
was seen. It is kept in the store (`flows.resolve.picks`); the next plan of the film goes by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.errors import UserError
from flows.film.folder import PLAN
from flows.film.survey import chosen_ids
from flows.resolve.picks import Pick, change_picks, picks_of, valid
from flows.store import Store
from flows.store.choice import weakest
from flows.words import count

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class MadeTake:
    """`clips` are fingerprints; that of the last is the take's."""

    number: int
    seed: int
    clips: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Of its last clip."""
        return self.clips[-1]


@dataclass(frozen=True, slots=True)
class MadeShot:
    """A shot with all its takes, those that were passed over too. `by` chose the one in the film; `approved`: who has
    approved it in a review, and when (empty: nobody was asked)."""

    id: str
    takes: tuple[MadeTake, ...]
    by: str
    depends_on: tuple[str, ...]
    approved: str = ""


@dataclass(frozen=True, slots=True)
class MadeFilm:
    """What the folder of a film says of it. `storyboard` is its identity: a path, or where it was sent from."""

    folder: Path
    title: str
    slug: str
    storyboard: str
    shots: tuple[MadeShot, ...]

    def shot(self, name: str) -> MadeShot:
        """By its full id, or the last part where one alone has it. Raises UserError that names the nearest."""
        by_id = {shot.id: shot for shot in self.shots}
        return by_id[chosen_ids(list(by_id), [name])[0]]

    def led_into(self, ids: Sequence[str]) -> list[str]:
        """The shots that go on from these, directly or not."""
        reached = set(ids)
        for _ in self.shots:
            reached |= {shot.id for shot in self.shots if reached.intersection(shot.depends_on)}
        return [shot.id for shot in self.shots if shot.id in reached and shot.id not in ids]


def made_film(folder: Path) -> MadeFilm:
    """Raises UserError where no film was made."""
    try:
        plain = json.loads((folder / PLAN).read_bytes())
        shots = tuple(
            MadeShot(
                shot["id"], _takes(shot), shot["choice"]["by"], tuple(shot["depends_on"]), shot.get("approved") or ""
            )
            for shot in plain["shots"]
        )
        return MadeFilm(folder, plain["title"], plain["slug"], plain["storyboard"], shots)
    except FileNotFoundError as error:
        raise UserError(f"no film was made in {folder}; render it first, and look at it") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / PLAN} cannot be read; render the film again") from error


def _takes(shot: Mapping[str, list[dict[str, object]]]) -> tuple[MadeTake, ...]:
    found = [_take(take) for take in (*shot["takes"], *shot["others"])]
    return tuple(sorted(found, key=lambda take: take.number))


def _take(plain: Mapping[str, object]) -> MadeTake:
    clips = plain["clips"]
    assert isinstance(clips, list)
    return MadeTake(int(str(plain["number"])), int(str(plain["seed"])), tuple(clip["fingerprint"] for clip in clips))


def choices(film: MadeFilm, texts: Sequence[str], store: Store) -> dict[str, int | None]:
    """What `shot=2`, `scene.shot=auto` say: a take of each shot, by its full id; None: no choice. Raises UserError for
    a shot or take that is not there, one that nobody can have seen, and a shot that has no choice."""
    chosen: dict[str, int | None] = {}
    for text in texts:
        name, _, value = text.partition("=")
        shot = film.shot(name.strip())
        if shot.id in chosen:
            raise UserError(f"{text}: {shot.id} is there twice")
        chosen[shot.id] = _number(text, shot, value.strip(), store)
    return chosen


def _number(text: str, shot: MadeShot, value: str, store: Store) -> int | None:
    if value == AUTO:
        return None
    most = len(shot.takes)
    if most == 1 and shot.approved:
        raise UserError(
            f"{text}: {shot.id} was approved by {shot.approved}, so the film has that take alone\n"
            f"    another one: render with --review, and wanflow review … --take {shot.id}"
        )
    if most == 1:
        raise UserError(f"{text}: {shot.id} has one take, so there is no choice; takes: 3 on it renders three")
    takes = {str(take.number): take for take in shot.takes}
    if value not in takes:
        raise UserError(f"{text}: {shot.id} has {count(most, 'take')}; write a number from 1 to {most}, or {AUTO}")
    missing = set(takes[value].clips) - store.finished(takes[value].clips)
    if missing:
        fix = f"let the score choose, render, and look at it: {shot.id}={AUTO}"
        raise UserError(f"{text}: take {value} of {shot.id} was not rendered, so nobody has seen it\n    {fix}")
    return takes[value].number


def keep(film: MadeFilm, chosen: Mapping[str, int | None], store: Store, who: str, when: str) -> None:
    """Keep these in the place of choices that held in this film, or were made looking at it. Raises StoreError."""
    by_id = {shot.id: shot for shot in film.shots}
    fingerprints = {name: {take.fingerprint for take in by_id[name].takes} for name in chosen}
    new = [
        Pick(
            shot=name,
            take=number,
            fingerprint=next(take.fingerprint for take in by_id[name].takes if take.number == number),
            film=film.slug,
            who=who,
            when=when,
        )
        for name, number in chosen.items()
        if number is not None
    ]

    def with_these(kept: tuple[Pick, ...]) -> list[Pick]:
        left = [
            pick
            for pick in kept
            if pick.shot not in chosen or (pick.film != film.slug and pick.fingerprint not in fingerprints[pick.shot])
        ]
        return [*left, *new]

    change_picks(store, film.storyboard, with_these)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shot stands: the score of each take (None: not rendered, or not judged), and the choice that holds.
    `outdated`: one made looking at this film, of takes that it has no more."""

    shot: MadeShot
    scores: Mapping[int, float | None]
    pick: Pick | None
    outdated: Pick | None

    @property
    def best(self) -> int | None:
        """The take with the best score, the first among equals; None if none is judged."""
        judged = {number: score for number, score in self.scores.items() if score is not None}
        return max(judged, key=lambda number: judged[number], default=None)


def standings(film: MadeFilm, store: Store) -> list[Standing]:
    """Of all shots, in the film's order. Raises StoreError."""
    picks = picks_of(store, film.storyboard)
    return [_standing(film, shot, [pick for pick in picks if pick.shot == shot.id], store) for shot in film.shots]


def _standing(film: MadeFilm, shot: MadeShot, picks: Sequence[Pick], store: Store) -> Standing:
    pick = valid(picks, {take.fingerprint for take in shot.takes})
    made_here = [each for each in picks if each.film == film.slug]
    outdated = made_here[-1] if made_here and pick is None and not shot.approved else None
    return Standing(shot, {take.number: _score(take, store) for take in shot.takes}, pick, outdated)


def _score(take: MadeTake, store: Store) -> float | None:
    records = [record for name in take.clips if (record := store.record(name)) is not None]
    return weakest(records).scores.get("quality") if len(records) == len(take.clips) else None
