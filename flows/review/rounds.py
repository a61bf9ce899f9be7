"""How a review stands: from what was decided, in its order, to what is approved, dropped, changed and open. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.clips import SEEDS
from flows.review.model import TIME_OUT, BatchedFilm, Decision, Entry, Question, Sheet, Standing
from flows.review.said import Entries, said_in
from flows.storyboard.keyframes import without_lost
from flows.storyboard.model import Scene, Shot, Storyboard

_VARIABLE = re.compile(r"{{\s*([A-Za-z_]\w*)")
_STANDINGS: dict[str, Standing] = {"approve": "approved", "drop": "dropped"}


@dataclass(frozen=True, slots=True)
class Stand:
    """How a shot stands; `entry` has decided so, None while it is open."""

    standing: Standing
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What was decided of a shot that its storyboard does not say, and by whom."""

    shot: str
    key: str
    value: str
    entry: Entry
    film: str = ""

    @property
    def override(self) -> str:
        """As it is laid over the storyboard."""
        value = self.value
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":  # which would be taken for quotes
            value = f" {value}"
        return f"storyboard.shots.{self.shot}.{self.key}={value}"


def stand_of(question: Question, entries: Entries) -> Stand:
    """The last decision about what is looked at now: what was decided of an earlier look, or of what the shot was
    before it was edited, does not count. Its approval comes back when it is as it was."""
    for entry, decision in said_in(entries).about(question.shot, question.films, question.look):
        if decision.look == question.look and decision.verdict != "note":
            standing = _STANDINGS.get(decision.verdict, "open")
            return Stand(standing, None if standing == "open" else entry)
    return Stand("open")


def stands(questions: Iterable[Question], entries: Entries) -> dict[str, Stand]:
    """Of every shot."""
    said = said_in(entries)
    return {question.shot: stand_of(question, said) for question in questions}


def open_shots(questions: Iterable[Question], entries: Entries) -> tuple[str, ...]:
    """Those that nobody has approved or dropped."""
    return tuple(shot for shot, stand in stands(questions, entries).items() if stand.standing == "open")


def open_of(sheet: Sheet, entries: Entries) -> tuple[str, ...]:
    """Those of a sheet; of a batch without shots that only films have which are left out."""
    said = said_in(entries)
    out = left_out(sheet.films, said)
    asked = [each for each in sheet.questions if not each.films or not out.keys() >= set(each.films)]
    return open_shots(asked, said)


def left_out(films: Sequence[BatchedFilm], entries: Entries) -> dict[str, Entry]:
    """The films of a batch that are not made, and who has decided so: the last word about each counts."""
    found: dict[str, Entry] = {}
    said = said_in(entries)
    for film in films:
        for entry, decision in said.about(whole(film.name), (film.name,)):
            if decision.look == film.key and decision.verdict != "note":
                if decision.verdict == "drop":
                    found[film.name] = entry
                break
    return found


def whole(film: str) -> str:
    """What a decision names that is about the whole film of a batch."""
    return f"{film}:"


def changes_of(storyboard: Storyboard, entries: Entries, film: str = "") -> tuple[Change, ...]:
    """New prompts and seeds, of shots whose storyboard still has what they replace: who edits the storyboard has the
    last word. `film`: its name in a batch."""
    found: list[Change] = []
    said = said_in(entries)
    for shot in storyboard.shots:
        seed = own_seed(shot, storyboard)
        for key, verdict in (("prompt", "prompt"), ("seed", "take")):
            for entry, decision in said.about(shot.full_id, (film,) if film else ()):
                if decision.verdict == verdict:
                    holds = (
                        decision.written == written_of(shot, storyboard)
                        if key == "prompt"
                        else decision.written_seed == seed
                    )
                    value = decision.prompt if key == "prompt" else str(_first(decision.seed, shot))
                    if holds and value != (shot.words if key == "prompt" else str(_first(seed, shot))):
                        found.append(Change(shot.full_id, key, value, entry, film))
                    break
    return tuple(found)


def written_of(shot: Shot, storyboard: Storyboard) -> str:
    """Its part of the prompt as the storyboard has it, and what its variables say: of another row it is another."""
    named = dict.fromkeys(_VARIABLE.findall(shot.words))
    values = {name: storyboard.variables[name] for name in named if name in storyboard.variables}
    return f"{shot.words} {json.dumps(values)}" if values else shot.words


def own_seed(shot: Shot, storyboard: Storyboard) -> int:
    """Of the take that it says (`take:`), or of its first."""
    first = next((seed for seed in (shot.seed, storyboard.seed) if seed is not None), 0)
    return (first + (shot.take or 1) - 1) % SEEDS


def _first(seed: int, shot: Shot) -> int:
    """What the storyboard says where the take that it says has this seed."""
    return (seed - (shot.take or 1) + 1) % SEEDS


def next_seed(seed: int) -> int:
    """That of another take."""
    return (seed + 1) % SEEDS


def notes_of(question: Question, entries: Entries) -> tuple[tuple[Entry, Decision], ...]:
    """All that was decided or noted of a shot, the last first."""
    return tuple(said_in(entries).about(question.shot, question.films, question.look))


def final_storyboard(storyboard: Storyboard, questions: Sequence[Question], entries: Entries) -> Storyboard:
    """What is rendered when nothing is open: without the shots that were dropped, and of each other one the take that
    was approved. A shot whose picture is its storyboard's own has as many takes as before."""
    asked = {question.shot: question for question in questions}
    found = stands(questions, entries)

    def approved(shot: Shot) -> Shot:
        entry, question = found[shot.full_id].entry, asked[shot.full_id]
        signed = entry.signed if entry else None
        if question.given:
            return replace(shot, approved=signed)
        return replace(shot, approved=signed, seed=question.seed, takes=1, take=None)

    scenes: list[Scene] = []
    dropped = {shot.full_id: shot for shot in storyboard.shots if found[shot.full_id].standing == "dropped"}
    for scene in storyboard.scenes:
        shots = tuple(approved(shot) for shot in scene.shots if shot.full_id not in dropped)
        if shots:
            scenes.append(replace(scene, shots=shots))
    return replace(storyboard, scenes=tuple(_without_first_transition(without_lost(scenes, dropped))))


def when_time_is_up(sheet: Sheet, entries: Sequence[Entry], now: datetime) -> Entry | None:
    """What is decided for people who have not decided in time; None: there is time left, or nothing is open."""
    waiting = open_of(sheet, entries)
    if sheet.until is None or now < sheet.until or not waiting:
        return None
    number = next_number(entries)
    out = left_out(sheet.films, entries)
    late = _films_of(waiting, sheet, out)
    if sheet.on_timeout == "reject" and late and len(late) + len(out) < len(sheet.films):
        return Entry(number=number, when=now, who=TIME_OUT, how=TIME_OUT, decisions=late)
    if sheet.on_timeout == "reject":
        return Entry(number=number, when=now, who=TIME_OUT, how=TIME_OUT, rejected=True)
    decisions = tuple(
        Decision(
            shot=shot,
            verdict="approve",
            look=sheet.of(shot).look,
            note="nobody decided in time",
            films=sheet.of(shot).films,
        )
        for shot in waiting
    )
    return Entry(number=number, when=now, who=TIME_OUT, how=TIME_OUT, decisions=decisions)


def next_number(entries: Sequence[Entry]) -> int:
    """Of the entry after these."""
    return entries[-1].number + 1 if entries else 1


def _without_first_transition(scenes: Sequence[Scene]) -> Iterator[Scene]:
    """The film's first shot has nothing to come from."""
    for number, scene in enumerate(scenes):
        if number == 0:
            first = replace(scene.shots[0], transition=type(scene.shots[0].transition)())
            yield replace(scene, shots=(first, *scene.shots[1:]))
        else:
            yield scene


def _films_of(waiting: Sequence[str], sheet: Sheet, out: Collection[str]) -> tuple[Decision, ...]:
    """Of a batch only the films are left out in which something is open."""
    late = {film for shot in waiting for film in sheet.of(shot).films}
    return tuple(
        Decision(
            shot=whole(film.name),
            verdict="drop",
            look=film.key,
            note="nobody decided in time",
            films=(film.name,),
        )
        for film in sheet.films
        if film.name in late and film.name not in out
    )
