"""The ledger's files in a store. Every write is a file of its own, so writers never meet; many become one.

Whatever else lies in the folder is passed over. A file of ours that cannot be read hides none of the others: it is
named, and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from flows.errors import EnvironmentProblem, StoreError
from flows.ledger.chosen import SOUGHT, Chosen, Columns
from flows.ledger.parquet import columns_from, from_parquet, to_parquet
from flows.ledger.rows import KEY, LedgerRow
from flows.ledger.timings import learn
from flows.store import Store
from flows.store.layout import LEDGER, is_ledger_note, ledger_note

Parsed = TypeVar("Parsed")
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
    chosen: Chosen | None = None,
    *,
    limit: int | None = None,
    on_damage: Callable[[str], None] | None = None,
) -> list[LedgerRow]:
    """Rows that are chosen (None: all), newest first.

    `on_damage` hears of each file that cannot be read, and what to do about it. Raises StoreError, EnvironmentProblem
    when the folder itself cannot be read.
    """
    say = on_damage or _ignore
    found, files = _columns(store, tuple(dict.fromkeys((*SOUGHT, *KEY))), say)
    light = found.only(chosen or Chosen())
    order = sorted(range(len(light)), key=lambda row: _place(light, row), reverse=True)[:limit]
    places = [(light["file"][row], light["row"][row]) for row in order]
    rows: dict[tuple[int, int], LedgerRow] = {}
    for file, (name, data) in enumerate(files):
        numbers = [number for where, number in places if where == file]
        made = _parsed(store, name, data, partial(from_parquet, rows=numbers)) if numbers else []
        if isinstance(made, Damaged):
            say(made)
        else:
            rows |= zip(((file, number) for number in numbers), made or (), strict=True)
    return [rows[place] for place in places if place in rows]


def read_columns(
    store: Store, paths: Sequence[str], chosen: Chosen | None = None, on_damage: Callable[[str], None] | None = None
) -> Columns:
    """Some columns of the rows that are chosen, in no order: quick also of many rows. `paths` as in
    `flows.ledger.parquet.columns_from`. Raises as `read_history`."""
    found, _ = _columns(store, tuple(dict.fromkeys((*paths, *SOUGHT, *KEY))), on_damage or _ignore)
    return found.only(chosen) if chosen else found


def _place(light: Columns, row: int) -> tuple[object, ...]:
    return tuple(light[name][row] for name in ("when", "shot", "take", "clip"))


def _columns(
    store: Store, paths: Sequence[str], on_damage: Callable[[str], None]
) -> tuple[Columns, list[tuple[str, bytes]]]:
    """Every row once, and the files by number (`file`, `row`). Read again from the start when a file was merged into
    another one by somebody else after it was listed."""
    while True:
        parts = list(_read_all(store, lambda data: columns_from(data, paths)))
        if any(part is None for _, part, _ in parts):
            continue
        for _, part, _ in parts:
            if isinstance(part, Damaged):
                on_damage(part)
        whole = [(part, (name, data)) for name, part, data in parts if isinstance(part, dict)]
        joined = Columns.joined(paths, [part for part, _ in whole])
        return joined.distinct(KEY) if len(whole) > 1 else joined, [file for _, file in whole]


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
    for name, found, _ in _read_all(store, from_parquet):
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


def _read_all(store: Store, parse: Callable[[bytes], Parsed]) -> Iterator[tuple[str, Parsed | Damaged | None, bytes]]:
    """Every file by name: what it is parsed to; None when it is gone. They are fetched many at once, and parsed in this
    thread."""
    names = _files(store)
    with ThreadPoolExecutor(store.at_once, thread_name_prefix="ledger") as threads:
        for name, data in zip(names, threads.map(lambda name: _fetched(store, name), names), strict=True):
            yield name, _parsed(store, name, data, parse), data if isinstance(data, bytes) else b""


def _fetched(store: Store, name: str) -> bytes | Exception | None:
    try:
        return store.note(name)
    except (StoreError, EnvironmentProblem) as error:
        return error


def _parsed(
    store: Store, name: str, data: bytes | Exception | None, parse: Callable[[bytes], Parsed]
) -> Parsed | Damaged | None:
    try:
        if isinstance(data, Exception):
            raise data
        return None if data is None else parse(data)
    except (ValueError, StoreError, EnvironmentProblem) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        return Damaged(f"{store.address}/{name} cannot be read ({reason}); without it the rest is shown")


def _ignore(message: str) -> None:
    pass
