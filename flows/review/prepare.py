"""How the review of a film stands now: what was decided is laid over its storyboard, and what is to be looked at is
planned. Renders nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from flows.config.sent import as_override
from flows.config.told import is_secret, name_of
from flows.errors import MediaError, Place, StoryboardError
from flows.moments import span
from flows.planning.model import Plan
from flows.project import Project, plan, store_of
from flows.resolve import OnPrompt, family_of
from flows.resolve.picks import recall_picks
from flows.review.history import add_entry, folder_of, read_entries, sheet_in
from flows.review.looks import given_files, given_look, is_given, look_settings, look_storyboard, question_of
from flows.review.model import Entry, Kind, Question, Sheet
from flows.review.picked import Chosen, Of, agree, chosen_in, last_picks, with_takes
from flows.review.rounds import Change, changes_of, final_storyboard, open_of, own_seed, when_time_is_up, written_of
from flows.settings import ReviewSettings
from flows.store import Store, open_store
from flows.storyboard.model import Shot, Storyboard
from flows.storyboard.overrides import source_name
from wan.system.digests import file_digest

_PLAIN = re.compile(r"[\w./:@-]+")
"""What an override needs no quotes for."""
Load = Callable[[Sequence[str]], Project]
"""Reads a film's storyboard with these overrides laid over it, after its own."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`project` has what was decided in it, `looks` is what is rendered to be looked at (None: every shot shows the
    picture that it is given). The `sheet` has no pictures yet."""

    project: Project
    looks: Plan | None
    sheet: Sheet
    entries: tuple[Entry, ...]
    changes: tuple[Change, ...]
    store: Store

    @property
    def open(self) -> tuple[str, ...]:
        """The shots that people have to decide about."""
        return open_of(self.sheet, self.entries)

    @property
    def final(self) -> Project:
        """What is rendered when nothing is open."""
        board = final_storyboard(self.project.storyboard, self.sheet.questions, self.entries)
        return replace(self.project, storyboard=board)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which review: what is looked at, what `wanflow review` takes for it, with the arguments that it needs besides
    (`reach`), and the run that it is for, if it is one. `in_store`: who decides knows the store."""

    kind: Kind
    name: str
    reach: tuple[str, ...] = ()
    in_store: bool = True
    run: str = ""
    url: str = ""


def prepare(load: Load, wish: Wish, now: datetime, on_prompt: OnPrompt | None = None) -> Reviewed:
    """Reads storyboard and decisions, and plans what is looked at.

    Raises StoryboardError, at its place also for a prompt that was decided and does not fit any more, and as `plan`.
    """
    own = load(())
    store = store_of(own.settings)
    store.check()
    folder = folder_of(own.storyboard)
    entries = read_entries(store, folder)
    project, changes = _laid_over(own, load, entries, store, wish.kind, on_prompt)
    looks = _planned(project, wish.kind, on_prompt)
    questions = tuple(questions_of(project.storyboard, looks, undecided_of(own.storyboard), wish.kind))
    storyboard = project.storyboard
    sheet = asked_before(
        Sheet(
            title=storyboard.title,
            kind=wish.kind,
            name=wish.name,
            reach=reach_of(wish, store),
            folder=folder,
            number=entries[-1].number if entries else 0,
            since=now,
            on_timeout=project.settings.review.on_timeout,
            questions=questions,
            cast=storyboard.cast,
            variables=storyboard.variables,
            cued=cued(storyboard),
            run=wish.run,
            url=wish.url,
        ),
        project.settings.review,
        sheet_in(store, folder, wish.run),
    )
    return Reviewed(project, looks, sheet, entries, changes, store)


def _laid_over(
    own: Project, load: Load, entries: Sequence[Entry], store: Store, kind: Kind, on_prompt: OnPrompt | None
) -> tuple[Project, tuple[Change, ...]]:
    """The film with what was decided, and with the takes that were picked; the changes that hold. It is planned only
    where something was picked: whether that counts still, its fingerprints tell."""
    changes, picks = changes_of(own.storyboard, entries), last_picks(recall_picks(store, own.storyboard))

    def planned(held: Sequence[Change]) -> tuple[Project, Plan | None]:
        with _at_its_place(held):
            project = load([change.override for change in held]) if held else own
        return project, plan(project, on_prompt=on_prompt) if picks else None

    def chosen(made: tuple[Project, Plan | None]) -> Mapping[Of, Chosen]:
        return chosen_in(made[1]) if made[1] is not None else {}

    (project, _), held, takes = agree(changes, picks, planned, chosen)
    return replace(project, storyboard=with_takes(project.storyboard, takes, kind)), held


def reach_of(wish: Wish, store: Store) -> tuple[str, ...]:
    """What `wanflow review` needs besides a name. Secrets are left out: it tells nobody. A run that names no store has
    that of the machine that serves, which another need not have."""
    told = tuple(text for text in wish.reach if not is_secret(name_of(text)))
    known = wish.in_store or store.address == open_store(None).address
    if known:
        return told
    plain = _PLAIN.fullmatch(store.address) is not None
    return (*told, f"store.address={store.address}" if plain else as_override("store.address", store.address))


def begun(sheet: Sheet, settings: ReviewSettings, now: datetime) -> Sheet:
    """The sheet, whose time begins now if it has none yet."""
    if sheet.until is not None or settings.timeout is None:
        return sheet
    return replace(sheet, since=now, until=now + span(settings.timeout))


class Waits(Protocol):
    """A film, or a batch, that people decide about."""

    @property
    def sheet(self) -> Sheet: ...

    @property
    def entries(self) -> tuple[Entry, ...]: ...

    @property
    def store(self) -> Store: ...

    @property
    def open(self) -> tuple[str, ...]: ...


def after_time_out(reviewed: Waits, now: datetime) -> Entry | None:
    """What is decided, and kept, since nobody has in time; None: there is time left."""
    entry = when_time_is_up(reviewed.sheet, reviewed.entries, now)
    if entry is not None:
        add_entry(reviewed.store, reviewed.sheet.folder, entry)
    return entry


def _planned(project: Project, kind: Kind, on_prompt: OnPrompt | None) -> Plan | None:
    board = look_storyboard(project.storyboard, kind, family_of(project.settings.model))
    if board is None:
        return None
    return plan(Project(board, look_settings(project.settings, kind)), on_prompt=on_prompt)


def questions_of(
    storyboard: Storyboard, looks: Plan | None, undecided: Mapping[str, tuple[str, int]], kind: Kind
) -> Iterator[Question]:
    """What is asked about each shot; `undecided`: prompt and seed of each as the storyboard has them. Raises MediaError
    for a picture that cannot be read."""
    planned = {shot.id: shot for shot in looks.shots} if looks else {}
    for shot in storyboard.shots:
        if kind == "stills" and is_given(shot):
            look = given_look(shot, storyboard, _digests(shot))
            yield replace(question_of(shot, storyboard, undecided, look), given=True)
        else:
            found = planned[shot.full_id]
            question = question_of(shot, storyboard, undecided, found.takes[0].fingerprint)
            yield replace(question, prompt=found.prompt)


def _digests(shot: Shot) -> dict[Path, str]:
    try:
        return {path: file_digest(path) for path in given_files(shot)}
    except OSError as error:
        raise MediaError(f"cannot read {error.filename}: {error.strerror}") from error


def undecided_of(storyboard: Storyboard) -> dict[str, tuple[str, int]]:
    """Prompt and seed of each shot as the storyboard has them."""
    return {shot.full_id: (written_of(shot, storyboard), own_seed(shot, storyboard)) for shot in storyboard.shots}


def cued(storyboard: Storyboard) -> tuple[str, ...]:
    """The shots that a voice begins with."""
    return tuple(voice.at.shot for voice in storyboard.soundtrack.voiceover if voice.at.shot)


def asked_before(sheet: Sheet, settings: ReviewSettings, before: Sheet | None) -> Sheet:
    """One that asks what was asked before has begun then; its time is not begun anew. That of another begins when it is
    laid out (`begun`): what is looked at has to be rendered first."""
    looks = [question.look for question in sheet.questions]
    if before is None or [question.look for question in before.questions] != looks or before.kind != sheet.kind:
        return sheet
    until = before.since + span(settings.timeout) if settings.timeout else None
    return replace(sheet, since=before.since, until=until)


@contextmanager
def _at_its_place(changes: Sequence[Change]) -> Iterator[None]:
    """What is wrong with a prompt that was decided is said where it was decided."""
    try:
        yield
    except StoryboardError as error:
        raise StoryboardError([replace(each, place=_place(each.place, changes)) for each in error.problems]) from error


def _place(place: Place | None, changes: Sequence[Change]) -> Place | None:
    for change in changes:
        if place is not None and place.file == source_name(change.override):
            written = len(change.override) - len(change.value)
            where = f"review: {change.key} of {change.shot}, decided by {change.entry.signed}"
            return Place(where, place.line, max(1, place.column - written))
    return place
