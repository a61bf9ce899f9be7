"""What a film takes beside its clips: until the first is under way, and the edit. Learnt from films, as one note."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.ledger.timings import MEMORY
from flows.store import Store
from flows.store.layout import OVERHEADS

START, START_ONLY_EDITED, PUBLISHED_WEIGHTS = 14.0, 6.0, 60.0
"""Seconds until the first clip is under way with the tiny family on two idle cores; until the edit begins when nothing
is rendered; and for the weights of a published model from a fast disk. First guesses: other machines differ."""
LOAD = 8.0
"""Seconds until a worker has its libraries and a model of the tiny family."""
EDIT, EDIT_FRAME = 2.0, 0.011
"""Seconds of an edit and its report, and a megapixel and frame of every file that is written (docs/editing.md)."""


@dataclass(frozen=True, slots=True)
class Known:
    """A running mean over about `MEMORY` films."""

    value: float
    count: int

    def with_one_more(self, value: float) -> Known:
        """The mean with another film."""
        part = 1 / min(self.count + 1, MEMORY)
        return Known((1 - part) * self.value + part * value, self.count + 1)


@dataclass(frozen=True, slots=True)
class Overheads:
    """What was measured: seconds of starts by `start_key`, and how many times as long as guessed an edit took."""

    starts: Mapping[str, Known] = field(default_factory=dict)
    edits: Known | None = None

    def start(self, family: str, device: str, *, rendered: bool, published: bool) -> float:
        """Seconds until the first clip is under way, or until the edit begins when nothing is to be rendered."""
        known = self.starts.get(start_key(family, device, rendered=rendered))
        if known is not None:
            return known.value
        return START_ONLY_EDITED if not rendered else START + (PUBLISHED_WEIGHTS if published else 0.0)

    def edit(self, megapixel_frames: float) -> float:
        """Seconds of the edit and the report."""
        return rough_edit(megapixel_frames) * (self.edits.value if self.edits else 1.0)


def start_key(family: str, device: str, *, rendered: bool) -> str:
    """Under which name starts are remembered."""
    return f"{family}/{device}" if rendered else "only edited"


def rough_edit(megapixel_frames: float) -> float:
    """What an edit is guessed to take: `megapixel_frames` are those of all files that are written."""
    return EDIT + EDIT_FRAME * megapixel_frames


def read_overheads(store: Store) -> Overheads:
    """What the store has learnt; a damaged note is as good as none."""
    data = store.note(OVERHEADS)
    try:
        raw = json.loads(data) if data else {}
        starts = {str(key): Known(float(value), int(count)) for key, (value, count) in raw.get("starts", {}).items()}
        edits = Known(float(raw["edits"][0]), int(raw["edits"][1])) if raw.get("edits") else None
        return Overheads(starts, edits)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError):
        return Overheads()


def learn_film(store: Store, key: str, start: float | None, edit: float | None, megapixel_frames: float) -> None:
    """Adds one film. None: it did not come so far, or had that done already."""
    if start is None and edit is None:
        return
    known = read_overheads(store)
    starts, edits = dict(known.starts), known.edits
    if start is not None:
        starts[key] = starts[key].with_one_more(start) if key in starts else Known(start, 1)
    if edit is not None:
        times = edit / rough_edit(megapixel_frames)
        edits = edits.with_one_more(times) if edits else Known(times, 1)
    plain = {
        "starts": {name: [round(one.value, 3), one.count] for name, one in sorted(starts.items())},
        "edits": [round(edits.value, 4), edits.count] if edits else None,
    }
    store.put_note(OVERHEADS, json.dumps(plain, indent=1).encode())
