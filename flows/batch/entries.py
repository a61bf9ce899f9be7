"""What stands in the manifest at the beginning: films that are kept, films to make, rows that are refused."""

from __future__ import annotations

from pathlib import Path

from flows.batch.keys import film_key
from flows.batch.manifest import Entry, read_manifest
from flows.batch.plan import BatchPlan, Left, PlannedFilm
from flows.cost import estimate_cost
from flows.edit.process import ffmpeg_version, find_ffmpeg


def entries_of(plan: BatchPlan) -> tuple[list[Entry], list[tuple[PlannedFilm, Entry]]]:
    """All of the manifest, in the order of the rows; and the films that are to be made, with theirs."""
    ffmpeg = ffmpeg_version(find_ffmpeg(plan.settings.film))
    earlier = read_manifest(plan.folder)
    before = {entry.name: entry for entry in earlier.films if entry.name} if earlier else {}
    entries: list[Entry] = [_refused(plan, row) for row in sorted({fault.row for fault in plan.bad if fault.row})]
    entries += [_rejected(left) for left in plan.left]
    todo: list[tuple[PlannedFilm, Entry]] = []
    for planned in plan.films:
        expected = estimate_cost(planned.plan)
        entry = Entry(
            name=planned.name,
            row=planned.film.row,
            title=planned.plan.title,
            variables=dict(planned.film.variables),
            film_seconds=planned.plan.totals.film_seconds,
            clips=len(planned.plan.clips),
            estimated_gpu_seconds=expected.seconds,
            estimated_cost=expected.cost,
            currency="" if expected.cost is None else expected.currency,
            key=film_key(planned.plan, ffmpeg),
        )
        old = before.get(planned.name)
        if old is not None and _is_kept(plan.folder, old, entry.key):
            entry = _kept(entry, old)
        else:
            todo.append((planned, entry))
        entries.append(entry)
    return sorted(entries, key=lambda entry: entry.row), todo


def _refused(plan: BatchPlan, row: int) -> Entry:
    said = "; ".join(dict.fromkeys(fault.said() for fault in plan.bad if fault.row == row))
    return Entry(name="", row=row, state="refused", error=said)


def _rejected(left: Left) -> Entry:
    film = left.film
    return Entry(
        name=film.name, row=film.row, title=left.title, variables=dict(film.variables), state="rejected", error=left.why
    )


def _is_kept(folder: Path, old: Entry, key: str) -> bool:
    """Whether its files are there, as they were made."""
    if not old.finished or old.key != key or old.film is None:
        return False
    beside = [each for each in (old.captions, old.report, old.poster, *old.delivered) if each is not None]
    film = folder / old.film
    return (
        film.is_file() and film.stat().st_size == old.film_bytes and all((folder / each).is_file() for each in beside)
    )


def _kept(entry: Entry, old: Entry) -> Entry:
    for name in (
        "film",
        "captions",
        "delivered",
        "report",
        "poster",
        "film_bytes",
        "seconds",
        "gpu_seconds",
        "failed_seconds",
        "repeated_seconds",
        "cost",
        "currency",
    ):
        setattr(entry, name, getattr(old, name))
    entry.state, entry.reused = "kept", entry.clips
    return entry
