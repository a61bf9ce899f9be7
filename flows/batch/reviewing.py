"""How the review of a batch stands now: what was decided is laid over its films, and what is to be looked at is
planned as a batch of looks. Renders nothing."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.batch.asked import Asked
from flows.batch.films import Film
from flows.batch.plan import BatchPlan, Left, PlannedFilm, batch_name, plan_batch, read_batch
from flows.batch.sweep import plan_storyboards
from flows.config import compose
from flows.errors import UserError
from flows.project import store_of
from flows.resolve import OnPrompt, family_of
from flows.resolve.picks import recall_all_picks
from flows.review.history import FOLDER as DECISIONS
from flows.review.history import add_entry, drop_sheet, read_entries, sheet_in
from flows.review.looks import FOLDER, look_settings, look_storyboard
from flows.review.model import TIME_OUT, BatchedFilm, Decision, Entry, Kind, Question, Sheet
from flows.review.picked import Chosen, Of, agree, chosen_in, last_picks, with_takes
from flows.review.prepare import Wish, asked_before, cued, questions_of, reach_of, undecided_of
from flows.review.rounds import (
    Change,
    changes_of,
    final_storyboard,
    left_out,
    next_number,
    open_of,
    whole,
)
from flows.review.said import Said
from flows.store import Store
from flows.storyboard.model import Storyboard

_Undecided = Mapping[str, Storyboard]


@dataclass(frozen=True, slots=True)
class ReviewedBatch:
    """`plan` has all films with what was decided in them, `looks` those that something is rendered of (None: every shot
    shows the picture that it is given). The `sheet` has no pictures yet."""

    plan: BatchPlan
    looks: BatchPlan | None
    sheet: Sheet
    entries: tuple[Entry, ...]
    changes: tuple[Change, ...]
    store: Store

    @property
    def open(self) -> tuple[str, ...]:
        """The looks that people have to decide about."""
        return open_of(self.sheet, self.entries)

    @property
    def out(self) -> dict[str, Entry]:
        """The films that are not made, and who has decided so."""
        return left_out(self.sheet.films, self.entries)


def prepare_batch(asked: Asked, wish: Wish, now: datetime, on_prompt: OnPrompt | None = None) -> ReviewedBatch:
    """Reads storyboard, table and decisions, and plans the films and what is looked at.

    Raises as `plan_batch`: a prompt that was decided and does not fit any more is a fault of its row; StoryboardError
    for what cannot be looked at.
    """
    composition = compose(asked.overrides, asked.config_dir)
    columns, read = read_batch(asked, composition)
    store = store_of(composition.settings)
    store.check()
    folder = _folder_of(batch_name(asked, columns), *_origins(asked, str(columns.written.path)))
    entries = read_entries(store, folder)
    said = Said(entries)
    undecided = {film.name: film.storyboard for film in read.films}
    every = [change for name, board in undecided.items() for change in changes_of(board, said, name)]
    plan, changes = _laid_over(asked, every, _picks(store, undecided), wish.kind, on_prompt)
    if any(planned.name == FOLDER for planned in plan.films):
        raise UserError(
            f"a film is called {FOLDER!r}, as the folder of what is looked at\n    call it otherwise: --name"
        )
    films = tuple(_batched(planned, undecided[planned.name]) for planned in plan.films)
    out = left_out(films, entries)
    staying = [planned for planned in plan.films if planned.name not in out]
    looks = _looks(plan, staying, wish, on_prompt)
    sheet = Sheet(
        title=plan.called,
        kind=wish.kind,
        name=wish.name or _shown(plan),
        reach=reach_of(wish, store),
        folder=folder,
        number=entries[-1].number if entries else 0,
        since=now,
        on_timeout=plan.settings.review.on_timeout,
        questions=_questions(staying, looks, undecided, wish),
        films=films,
        cast=_in_all([each.film.storyboard.cast for each in plan.films]),
        variables=_in_all([each.film.storyboard.variables for each in plan.films]),
        cued=tuple(dict.fromkeys(shot for each in plan.films for shot in cued(each.film.storyboard))),
        run=wish.run,
        url=wish.url,
    )
    sheet = asked_before(sheet, plan.settings.review, sheet_in(store, folder, wish.run))
    return ReviewedBatch(plan, looks, sheet, entries, changes, store)


def _picks(store: Store, undecided: _Undecided) -> dict[Of, str]:
    found: dict[Of, str] = {}
    for name, picks in zip(undecided, recall_all_picks(store, [*undecided.values()]), strict=True):
        found |= last_picks(picks, name)
    return found


def _laid_over(
    asked: Asked, changes: Sequence[Change], picks: Mapping[Of, str], kind: Kind, on_prompt: OnPrompt | None
) -> tuple[BatchPlan, tuple[Change, ...]]:
    """All films with what was decided, and with the takes that were picked; the changes that hold."""

    def planned(held: Sequence[Change]) -> BatchPlan:
        decided = {name: [*texts] for name, texts in asked.decided.items()}
        for change in held:
            decided.setdefault(change.film, []).append(change.override)
        return plan_batch(replace(asked, decided=decided), on_prompt=on_prompt)

    def chosen(plan: BatchPlan) -> dict[Of, Chosen]:
        return {of: each for film in plan.films for of, each in chosen_in(film.plan, film.name).items()}

    plan, held, takes = agree(changes, picks, planned, chosen)
    films = tuple(
        replace(each, film=replace(each.film, storyboard=with_takes(each.film.storyboard, takes, kind, each.name)))
        for each in plan.films
    )
    return (replace(plan, films=films) if takes else plan), held


def final_batch(reviewed: ReviewedBatch, on_prompt: OnPrompt | None = None) -> BatchPlan:
    """What is made when nothing is open: the films that people want, of each shot what they have approved."""
    plan, sheet, out = reviewed.plan, reviewed.sheet, reviewed.out
    said = Said(reviewed.entries)
    views = sheet.views
    films = [
        replace(each.film, storyboard=final_storyboard(each.film.storyboard, views[each.name], said))
        for each in plan.films
        if each.name not in out
    ]
    left = [Left(each.film, each.plan.title, _why(out[each.name])) for each in plan.films if each.name in out]
    return replace(plan, films=_planned(films, plan, on_prompt), left=tuple(left))


def films_to_make(reviewed: ReviewedBatch, now: datetime, on_prompt: OnPrompt | None = None) -> BatchPlan:
    """The same, and nothing is asked any more. Films that are left out since nobody has decided in time are asked about
    again by whoever makes the batch next: no person has rejected them."""
    made = final_batch(reviewed, on_prompt)
    store, sheet = reviewed.store, reviewed.sheet
    late = {name for name, entry in reviewed.out.items() if entry.how == TIME_OUT}
    again = tuple(
        Decision(shot=whole(film.name), verdict="approve", look=film.key, note="asked again", films=(film.name,))
        for film in sheet.films
        if film.name in late
    )
    if again:
        number = next_number(read_entries(store, sheet.folder))
        add_entry(store, sheet.folder, Entry(number=number, when=now, who=TIME_OUT, how=TIME_OUT, decisions=again))
    drop_sheet(store, sheet)
    return made


def _shown(plan: BatchPlan) -> str:
    """What `wanflow review` takes for a batch of this machine: its folder, as short as it can be said from here."""
    relative = os.path.relpath(plan.folder)
    return str(plan.folder) if relative.startswith("..") else relative


def _why(entry: Entry) -> str:
    return f"rejected by {entry.signed}"


def _looks(plan: BatchPlan, films: Sequence[PlannedFilm], wish: Wish, on_prompt: OnPrompt | None) -> BatchPlan | None:
    """A batch of its own, in a folder below."""
    family = family_of(plan.settings.model)
    found = [
        replace(each.film, storyboard=board)
        for each in films
        if (board := look_storyboard(each.film.storyboard, wish.kind, family)) is not None
    ]
    if not found:
        return None
    settings = look_settings(plan.settings, wish.kind)
    film = replace(settings.film, outputs=plan.folder / FOLDER, subfolder=plan.settings.film.subfolder)
    below = replace(plan, below=FOLDER, settings=replace(settings, film=film))
    return replace(below, films=_planned(found, below, on_prompt))


def _planned(films: Sequence[Film], plan: BatchPlan, on_prompt: OnPrompt | None) -> tuple[PlannedFilm, ...]:
    if not films:
        return ()
    boards = [film.storyboard for film in films]
    plans = plan_storyboards(boards, [plan.settings] * len(films), on_prompt, weights=True)
    return tuple(PlannedFilm(film, made) for film, made in zip(films, plans, strict=True))


def _questions(
    films: Sequence[PlannedFilm], looks: BatchPlan | None, undecided: _Undecided, wish: Wish
) -> tuple[Question, ...]:
    """Each look once, of the first film that has it."""
    plans = {each.name: each.plan for each in looks.films} if looks else {}
    found: dict[tuple[str, str], Question] = {}
    for each in films:
        before = undecided_of(undecided[each.name])
        for question in questions_of(each.film.storyboard, plans.get(each.name), before, wish.kind):
            key = question.shot, question.look
            first = found.get(key) or replace(question, shot=f"{each.name}:{question.shot}")
            found[key] = replace(first, films=(*first.films, each.name))
    return tuple(found.values())


def _batched(planned: PlannedFilm, undecided: Storyboard) -> BatchedFilm:
    """Another prompt, seed or file makes another film of it; what people decide about its shots does not."""
    said = [sorted(undecided_of(undecided).items()), sorted(planned.plan.assets)]
    return BatchedFilm(
        name=planned.name, row=planned.film.row, key=hashlib.sha256(json.dumps(said).encode()).hexdigest()
    )


def _in_all(words: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What prompts can name in every film; the first film's own words for it."""
    return {name: value for name, value in words[0].items() if all(name in each for each in words)}


def _origins(asked: Asked, storyboard: str) -> tuple[str, str]:
    """Where storyboard and table are, on which machine: the same of a batch here and of the same one sent from here."""
    if asked.sent is not None:
        first, second = (text.partition("@")[2] for text in asked.sent.whose)
        return first, second
    host = socket.gethostname()
    return f"{host}:{os.path.realpath(storyboard)}", f"{host}:{os.path.realpath(asked.table)}"


def _folder_of(called: str, *origins: str) -> str:
    """Where the decisions of a batch are kept."""
    return f"{DECISIONS}/{called}-{hashlib.sha256(json.dumps(origins).encode()).hexdigest()[:12]}"
