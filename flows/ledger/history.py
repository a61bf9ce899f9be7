"""The ledger's files in a store. Every write is a file of its own, so writers never meet; many become one.

Whatever else lies in the folder is passed over. A file of ours that cannot be read hides none of the others: it is
named, and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
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


def compact(store: Store) -> None:
    """Merges all files that can be read. Originals go after the merged copy is there; readers see a row once all the
    while."""
    names: list[str] = []
    rows: dict[tuple[object, ...], LedgerRow] = {}
    for name in _files(store):
        try:
            readable = _read(store, name)
        except Damaged:
            continue
        names.append(name)
        rows |= {row.key: row for row in readable or ()}
    if not rows:
        return
    merged = _write(store, list(rows.values()))
    for name in names:
        if name != merged:
            store.drop_note(name)


class Damaged(Exception):
    """A file of the ledger that cannot be read; the message names it and says what to do."""


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
        parts, damage = [], []
        for name in _files(store):
            try:
                parts.append(_read(store, name))
            except Damaged as error:
                damage.append(str(error))
        whole = [rows for rows in parts if rows is not None]
        if len(whole) == len(parts):
            for message in damage:
                on_damage(message)
            return [row for rows in whole for row in rows]


def _read(store: Store, name: str) -> list[LedgerRow] | None:
    """The rows of a file; None when it is gone. Raises Damaged."""
    try:
        data = store.note(name)
        return None if data is None else from_parquet(data)
    except (ValueError, StoreError, EnvironmentProblem) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise Damaged(f"{store.address}/{name} cannot be read ({reason}); without it the rest is shown") from error


def _matches(row: LedgerRow, film: str | None, shot: str | None, status: str | None, since: datetime | None) -> bool:
    return (
        (film is None or film in (row.film, row.slug))
        and (shot is None or row.shot == shot or row.shot.endswith(f".{shot}"))
        and (status is None or row.status == status)
        and (since is None or row.when >= since)
    )


def _ignore(message: str) -> None:
    pass
