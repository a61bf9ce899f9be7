"""Choices of takes that people made by eye (`wanflow pick`), kept in the store beside the films' past.

A pick names a take by its fingerprint: it holds in every film of the storyboard that has this very take, and no longer
when prompt, seed or anything else has made another one of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from flows.store import Store
from flows.store.layout import picks_note
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
    sent = storyboard.sent_from
    names = [storyboard.identity] if sent is None else [sent, sent.partition(":")[2]]
    found = [pick for name in names for pick in picks_of(store, name)]
    return tuple(sorted(found, key=lambda pick: pick.when))


def picks_of(store: Store, identity: str) -> tuple[Pick, ...]:
    """Those kept under a storyboard's `identity`. A damaged note is as good as none."""
    data = store.note(_name(identity))
    try:
        return tuple(Pick(**plain) for plain in json.loads(data)["picks"]) if data else ()
    except (ValueError, KeyError, TypeError):
        return ()


def keep_picks(store: Store, identity: str, picks: Iterable[Pick]) -> None:
    """In the place of those that were kept; none: the note goes."""
    plain = [asdict(pick) for pick in picks]
    if plain:
        note = json.dumps({"storyboard": identity, "picks": plain}, ensure_ascii=False, indent=1)
        store.put_note(_name(identity), note.encode())
    else:
        store.drop_note(_name(identity))


def _name(identity: str) -> str:
    return picks_note(hashlib.sha256(os.fsencode(identity)).hexdigest())
