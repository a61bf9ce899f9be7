"""The ledger's files in a store. Every write is a file of its own, so writers never meet; many become one.

Whatever else lies in the folder is passed over. A file of ours that cannot be read hides none of the others: it is
named, and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from flows.errors import EnvironmentProblem, StoreError
from flows.ledger.parquet import from_parquet, to_parquet
from flows.ledger.rows import LedgerRow
from flows.ledger.timings import learn
from flows.store import Store
from flows.store.layout import LEDGER, is_ledger_note, ledger_note

COMPACT_AT = 64
"""With this many files that can be read the next writer merges them."""


def append_rows(store: Store, rows: Sequence[LedgerRow]) -> None:
    """Adds rows to the store's ledger, and what they teach to its timings. Raises StoreError, EnvironmentProblem."""
    if not rows:
        return
    _write(store, rows)
    learn(store, rows)
    if len(_files(store)) >= COMPACT_AT:
        compact(store)


def read_history(
    store: Store,
    *,
    film: str | None = None,
    shot: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    on_damage: Callable[[str], None] | None = None,
) -> list[LedgerRow]:
    """Rows, newest first. `film` is a title or slug, `shot` a full id or its last part.

    `on_damage` hears of each file that cannot be read, and what to do about it. Raises StoreError, EnvironmentProblem
    when the folder itself cannot be read.
    """
    latest: dict[tuple[object, ...], LedgerRow] = {}
    for row in _all_rows(store, on_damage or _ignore):
        if _matches(row, film, shot, status, since):
            latest.setdefault(row.key, row)
    newest = sorted(latest.values(), key=lambda row: (row.when, row.shot, row.take, row.clip), reverse=True)
    return newest[:limit]


@dataclass(frozen=True, slots=True)
class Compacted:
    """How many files were merged, and the rows of the one that they became."""

    files: int
    rows: int


def compact(store: Store, on_damage: Callable[[str], None] | None = None) -> Compacted:
    """Merges all files that can be read. Originals go after the merged copy is there; readers see a row once all the
    while, and what others write meanwhile is left alone. `on_damage` hears of files that cannot be read; they stay.
    Raises StoreError, EnvironmentProblem."""
    names: list[str] = []
    rows: dict[tuple[object, ...], LedgerRow] = {}
    for name, found in _read_all(store):
        if isinstance(found, Damaged):
            (on_damage or _ignore)(found)
            continue
        names.append(name)
        rows |= {row.key: row for row in found or ()}
    if len(names) < 2 or not rows:
        return Compacted(len(names), len(rows))
    merged = _write(store, list(rows.values()))
    for name in names:
        if name != merged:
            store.drop_note(name)
    return Compacted(len(names), len(rows))


def ledger_files(store: Store) -> int:
    """How many files the ledger has."""
    return len(_files(store))


class Damaged(str):
    """What is said of a file of the ledger that cannot be read: its name, and what to do."""

    __slots__ = ()


def _files(store: Store) -> list[str]:
    return [name for name in store.notes(LEDGER) if is_ledger_note(name)]


def _write(store: Store, rows: Sequence[LedgerRow]) -> str:
    data = to_parquet(rows)
    stamp = max(row.when for row in rows).strftime("%Y%m%dT%H%M%SZ")
    name = ledger_note(stamp, hashlib.sha256(data).hexdigest())
    store.put_note(name, data)
    return name


def _all_rows(store: Store, on_damage: Callable[[str], None]) -> list[LedgerRow]:
    """Read again from the start when a file was merged into another one by somebody else after it was listed."""
    while True:
        parts = [part for _, part in _read_all(store)]
        if None in parts:
            continue
        for part in parts:
            if isinstance(part, Damaged):
                on_damage(part)
        return [row for rows in parts if isinstance(rows, list) for row in rows]


def _read_all(store: Store) -> Iterator[tuple[str, list[LedgerRow] | Damaged | None]]:
    """Every file by name: its rows; None when it is gone. They are fetched many at once, and parsed in this thread."""
    names = _files(store)
    with ThreadPoolExecutor(store.at_once, thread_name_prefix="ledger") as threads:
        for name, data in zip(names, threads.map(lambda name: _fetched(store, name), names), strict=True):
            yield name, _rows(store, name, data)


def _fetched(store: Store, name: str) -> bytes | Exception | None:
    try:
        return store.note(name)
    except (StoreError, EnvironmentProblem) as error:
        return error


def _rows(store: Store, name: str, data: bytes | Exception | None) -> list[LedgerRow] | Damaged | None:
    try:
        if isinstance(data, Exception):
            raise data
        return None if data is None else from_parquet(data)
    except (ValueError, StoreError, EnvironmentProblem) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        return Damaged(f"{store.address}/{name} cannot be read ({reason}); without it the rest is shown")


def _matches(row: LedgerRow, film: str | None, shot: str | None, status: str | None, since: datetime | None) -> bool:
    return (
        (film is None or film in (row.film, row.slug))
        and (shot is None or row.shot == shot or row.shot.endswith(f".{shot}"))
        and (status is None or row.status == status)
        and (since is None or row.when >= since)
    )


def _ignore(message: str) -> None:
    pass
