"""Choices of takes that people made by eye (`wanflow pick`), kept in the store beside the films' past.

A pick names a take by its fingerprint: it holds in every film of the storyboard that has this very take, and no longer
when prompt, seed or anything else has made another one of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from flows.store import Store
from flows.store.layout import picks_folder, picks_note, picks_number
from flows.storyboard.model import Storyboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Take `take` (from 1) of a shot (`scene.shot`), whose last clip has this `fingerprint`, was picked looking at a
    film (its slug). `when`: ISO 8601."""

    shot: str
    take: int
    fingerprint: str
    film: str
    who: str = ""
    when: str = ""


def valid(picks: Sequence[Pick], fingerprints: Collection[str]) -> Pick | None:
    """The newest that is of one of these takes."""
    return next((pick for pick in reversed(picks) if pick.fingerprint in fingerprints), None)


def outdated(picks: Sequence[Pick], fingerprints: Collection[str]) -> Pick | None:
    """The newest, if none is of one of these takes."""
    return picks[-1] if picks and valid(picks, fingerprints) is None else None


def recall_picks(store: Store, storyboard: Storyboard) -> tuple[Pick, ...]:
    """Those made of any film of the storyboard, oldest first. Of one that was sent here also those of its file where it
    came from: with a store that both share, a choice made there holds here."""
    return recall_all_picks(store, [storyboard])[0]


def recall_all_picks(store: Store, storyboards: Sequence[Storyboard]) -> list[tuple[Pick, ...]]:
    """The same of many films: what films of one storyboard share is read once."""
    named = [_identities(storyboard) for storyboard in storyboards]
    found = {name: picks_of(store, name) for name in {name for names in named for name in names}}
    return [tuple(sorted((pick for name in names for pick in found[name]), key=_made)) for names in named]


def picks_of(store: Store, identity: str) -> tuple[Pick, ...]:
    """Those kept under a storyboard's `identity`. A damaged note is as good as none: the one before it counts."""
    return _newest(store, identity)[1]


def change_picks(store: Store, identity: str, change: Callable[[tuple[Pick, ...]], Iterable[Pick]]) -> tuple[Pick, ...]:
    """Keep what `change` makes of those that are kept, which are returned; called again when somebody else has kept
    others meanwhile. So of two who choose at once neither loses a choice: each state is a note of its own, under the
    next number if nobody has it, in a folder as in a bucket."""
    while True:
        number, before = _newest(store, identity)
        after = tuple(change(before))
        if after == before:
            return after
        note = {"storyboard": identity, "picks": [asdict(pick) for pick in after]}
        data = json.dumps(note, ensure_ascii=False, indent=1).encode()
        if store.add_note(picks_note(_digest(identity), number + 1), data):
            return after


def _newest(store: Store, identity: str) -> tuple[int, tuple[Pick, ...]]:
    """The number of the last state, 0 where there is none, and the last that can be read."""
    notes = [(number, name) for name in store.notes(picks_folder(_digest(identity))) if (number := picks_number(name))]
    last = max(notes, default=(0, ""))[0]
    for _, name in sorted(notes, reverse=True):
        data = store.note(name)
        try:
            if data is not None:
                return last, tuple(Pick(**plain) for plain in json.loads(data)["picks"])
        except (ValueError, KeyError, TypeError):
            continue
    return last, ()


def _identities(storyboard: Storyboard) -> list[str]:
    sent = storyboard.sent_from
    return [storyboard.identity] if sent is None else [sent, sent.partition(":")[2]]


def _made(pick: Pick) -> str:
    return pick.when


def _digest(identity: str) -> str:
    return hashlib.sha256(os.fsencode(identity)).hexdigest()
