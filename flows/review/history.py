"""Decisions as the store keeps them: entries that are only added, each under the next number, and the sheets that wait.

reviews/<slug>-<digest>/0001.json         what somebody decided, by whom and when
reviews/<slug>-<digest>/sheet-<run>.json  what is asked now, of a submitted film; `sheet.json` of one made here
reviews/runs/<run>.json                   where the review of a submitted film is
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from typing import TypeVar

from flows.errors import StoreError, UserError
from flows.fields import plain, restored
from flows.review.model import Entry, Sheet
from flows.store import Store
from flows.storyboard.model import Storyboard

Made = TypeVar("Made", Entry, Sheet)
FOLDER = "reviews"
_ENTRY = re.compile(r"/[0-9]{4,}\.json\Z")


def folder_of(storyboard: Storyboard) -> str:
    """Where the decisions of a film are kept: the same for a storyboard here and for the same one sent from here."""
    sent = storyboard.sent_from
    origin = sent.partition("@")[2] if sent else f"{socket.gethostname()}:{os.path.realpath(storyboard.path)}"
    return f"{FOLDER}/{storyboard.slug}-{hashlib.sha256(origin.encode()).hexdigest()[:12]}"


def read_entries(store: Store, folder: str) -> tuple[Entry, ...]:
    """All that was decided, in its order. Raises StoreError for a damaged one."""
    names = [name for name in store.notes(folder) if _ENTRY.search(name)]
    found = (_read(store, name, Entry) for name in names)
    return tuple(sorted((entry for entry in found if entry), key=lambda entry: entry.number))


def add_entry(store: Store, folder: str, entry: Entry) -> None:
    """Keep it, whole. Raises UserError when somebody was quicker: then nothing of it is kept."""
    if not store.add_note(f"{folder}/{entry.number:04}.json", _written(entry)):
        first = next((each for each in read_entries(store, folder) if each.number == entry.number), None)
        who = f"{first.signed} has {first.words}" if first else "somebody has decided"
        raise UserError(f"{who} in the meantime; nothing of this was taken\n    look again, and decide what is left")


def put_sheet(store: Store, sheet: Sheet) -> None:
    """What is asked now."""
    store.put_note(_sheet_note(sheet.folder, sheet.run), _written(sheet))
    if sheet.run:
        store.put_note(f"{FOLDER}/runs/{sheet.run}.json", json.dumps(sheet.folder).encode())


def sheet_in(store: Store, folder: str, run: str = "") -> Sheet | None:
    """What is asked about a film; None: nothing."""
    return _read(store, _sheet_note(folder, run), Sheet)


def sheet_of_run(store: Store, run: str) -> Sheet | None:
    """What is asked about the film of a run."""
    folder = folder_of_run(store, run)
    return sheet_in(store, folder, run) if folder is not None else None


def folder_of_run(store: Store, run: str) -> str | None:
    """Where the decisions of a run's film are kept, also when it asks no more; None: it has never asked."""
    data = store.note(f"{FOLDER}/runs/{run}.json")
    return str(json.loads(data)) if data else None


def drop_sheet(store: Store, sheet: Sheet) -> None:
    """Nothing is asked any more."""
    store.drop_note(_sheet_note(sheet.folder, sheet.run))


def _sheet_note(folder: str, run: str) -> str:
    return f"{folder}/sheet-{run}.json" if run else f"{folder}/sheet.json"


def _written(value: Entry | Sheet) -> bytes:
    return json.dumps(plain(value), ensure_ascii=False, indent=1).encode()


def _read(store: Store, name: str, kind: type[Made]) -> Made | None:
    data = store.note(name)
    if data is None:
        return None
    try:
        return restored(kind, json.loads(data))
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{name} in the store {store.address} is damaged: {error}") from error
