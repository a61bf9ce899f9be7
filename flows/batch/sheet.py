"""The contact sheet of a sweep: its films side by side, each shot in a column, with what differs between them.

What is on it is kept as `sheet.json` beside the page, so that the page can be written again when a film is picked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

from flows.batch.manifest import Entry
from flows.batch.plan import BatchPlan, PlannedFilm
from flows.batch.sweep_names import short_keys
from flows.edit.timeline import chosen_take
from flows.planning import PlannedShot
from flows.report.takes import chosen_words, is_there
from flows.store import ClipRecord, Store
from wan.system.files import write_atomically

JSON = "sheet.json"
VERSION = 1
MOST_PICTURES = 1200
"""Of more, so many shots are shown, evenly chosen."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A shot of a film: digest of its picture in the store (None: not rendered), and who chose its take. `same_as`:
    the first film of which it has the very clip."""

    picture: str | None = None
    words: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A film. `differs`: short keys and values, those alone that are not the same in all films. Paths are relative to
    the sheet's folder; `frames` are in the order of the sheet's shots."""

    name: str
    differs: Mapping[str, str]
    state: str
    overrides: Sequence[str]
    frames: Sequence[Frame] = ()
    film: str | None = None
    report: str | None = None
    film_seconds: float = 0.0
    seconds: float = 0.0
    rendered: int = 0
    reused: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The film that somebody chose. `when`: ISO 8601."""

    film: str
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`store`: the address of the one that has the pictures. `overrides` are those of all films."""

    sweep: str
    title: str
    storyboard: str
    store: str
    aspect: Annotated[float, "width by height of the films"]
    shots: Sequence[str]
    rows: Sequence[Row]
    overrides: Sequence[str] = ()
    picked: Picked | None = None
    sheet_version: int = field(default=VERSION)

    @property
    def swept(self) -> list[str]:
        """The keys that differ."""
        return list(dict.fromkeys(key for row in self.rows for key in row.differs))


def make_sheet(plan: BatchPlan, entries: Sequence[Entry], store: Store) -> Sheet:
    """What is there of every film; what is picked stays so while its film is part of the sweep. Raises StoreError."""
    entry_of = {entry.name: entry for entry in entries}
    shots = _shots(plan.films)
    short = short_keys(plan.columns)
    earlier = read_sheet(plan.folder)
    kept = earlier.picked if earlier and earlier.picked and earlier.picked.film in entry_of else None
    first = plan.films[0].plan
    made = _Frames(store, {})
    return Sheet(
        sweep=plan.called,
        title=first.title,
        storyboard=str(plan.storyboard.resolve()),
        store=store.address,
        aspect=round(first.width / first.height, 5),
        shots=shots,
        rows=[_row(planned, entry_of[planned.name], shots, short, made) for planned in plan.films],
        overrides=plan.overrides,
        picked=kept,
    )


def _shots(films: Sequence[PlannedFilm]) -> list[str]:
    """The ids of all films' shots in their order, each once."""
    shots = list(dict.fromkeys(shot.id for planned in films for shot in planned.plan.shots))
    most = max(1, MOST_PICTURES // len(films))
    return shots if len(shots) <= most else [shots[k * len(shots) // most] for k in range(most)]


def _row(planned: PlannedFilm, entry: Entry, shots: Sequence[str], short: Mapping[str, str], made: _Frames) -> Row:
    by_id = {shot.id: shot for shot in planned.plan.shots}
    return Row(
        name=entry.name,
        differs={short[key]: value for key, value in planned.film.variables.items()},
        state=entry.state,
        overrides=[f"{key}={value}" for key, value in planned.film.variables.items()],
        frames=[made.frame(by_id.get(shot), entry.name) for shot in shots],
        film=entry.film,
        report=entry.report,
        film_seconds=entry.film_seconds,
        seconds=entry.seconds,
        rendered=entry.rendered,
        reused=entry.reused,
        error=entry.error,
    )


@dataclass(frozen=True, slots=True)
class _Frames:
    """Makes frames. `first`: the film that was the first to show each take, by its fingerprint."""

    store: Store
    first: dict[str, str]

    def frame(self, shot: PlannedShot | None, film: str) -> Frame:
        """An empty one of a shot that the film has not, or that is not rendered."""
        records = self._records(shot) if shot is not None else {}
        if shot is None or not any(is_there(take, records) for take in shot.takes):
            return Frame()
        take = chosen_take(shot, records)
        words = f"take {take.number}" + (f", {said}" if (said := chosen_words(shot)) else "")
        first = self.first.setdefault(take.fingerprint, film)
        return Frame(
            records[take.fingerprint].thumbnail,
            words if len(shot.all_takes) > 1 else "",
            first if first != film else "",
        )

    def _records(self, shot: PlannedShot) -> dict[str, ClipRecord]:
        names = dict.fromkeys(clip.fingerprint for take in shot.takes for clip in take.clips)
        return {name: record for name in names if (record := self.store.record(name)) is not None}


def write_sheet(sheet: Sheet, folder: Path) -> None:
    """As data, for `read_sheet`."""
    write_atomically(folder / JSON, json.dumps(asdict(sheet), indent=1, ensure_ascii=False))


def read_sheet(folder: Path) -> Sheet | None:
    """What was written; None of nothing, or what cannot be read."""
    try:
        plain = json.loads((folder / JSON).read_bytes())
        if plain["sheet_version"] != VERSION:
            return None
        rows = [Row(**{**row, "frames": [Frame(**frame) for frame in row["frames"]]}) for row in plain["rows"]]
        picked = Picked(**plain["picked"]) if plain["picked"] else None
        overrides = tuple(plain["overrides"])
        return Sheet(**{**plain, "rows": rows, "picked": picked, "overrides": overrides})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def with_picked(sheet: Sheet, picked: Picked | None) -> Sheet:
    """The sheet with another choice."""
    return replace(sheet, picked=picked)
