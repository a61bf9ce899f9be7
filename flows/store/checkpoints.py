"""Checkpoints: how far clips have come that are not finished, so that another worker goes on and does not begin again.

A checkpoint is a note. Its name says of which clip it is, on which kind of machines it goes on bit for bit, after how
many steps, when it was written, and what the digest of its bytes is. Whoever writes one drops those of the clip that
have come less far; publishing a clip drops them all; what nobody came back for goes after `KEPT`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from flows.store.layout import CHECKPOINTS, checkpoint_note
from flows.store.store import Store

KEPT = timedelta(days=7)

_log = logging.getLogger(__name__)
_NAME = re.compile(
    rf"{CHECKPOINTS}/(?P<fingerprint>[0-9a-f]{{64}})-(?P<kind>[0-9a-f]{{12}})-(?P<step>\d{{4,}})"
    r"-(?P<written>\d{8}T\d{6}Z)-(?P<digest>[0-9a-f]{16})"
)
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    step: int
    written: datetime
    name: str
    fingerprint: str
    kind: str
    digest: str


def put_checkpoint(store: Store, fingerprint: str, determinism: str, step: int, data: bytes, now: datetime) -> None:
    """Keep `data`, the clip's state after `step` steps, for machines of that determinism class; whole or not at all.
    Raises StoreError, EnvironmentProblem."""
    digest, kind = sha256(data).hexdigest(), _kind(determinism)
    name = checkpoint_note(fingerprint, kind, step, now.astimezone(UTC).strftime(_STAMP), digest)
    store.put_note(name, data)
    for entry in _entries(store):
        if (entry.fingerprint, entry.kind) == (fingerprint, kind) and entry.step <= step and entry.name != name:
            store.drop_note(entry.name)


def find_checkpoint(store: Store, fingerprint: str, determinism: str, now: datetime) -> bytes | None:
    """The bytes of the clip's checkpoint that has come furthest, of those that are of this determinism class and whole;
    a damaged one is dropped. On the way, checkpoints of all clips that are older than `KEPT` go.

    Raises StoreError, EnvironmentProblem.
    """
    mine = []
    for entry in _entries(store):
        if entry.written < now - KEPT:
            store.drop_note(entry.name)
        elif entry.fingerprint == fingerprint:
            mine.append(entry)
    for entry in sorted(mine, reverse=True):
        if entry.kind != _kind(determinism):
            _log.info("a checkpoint after step %d is left alone: another kind of machine wrote it", entry.step)
        elif (data := store.note(entry.name)) is not None and sha256(data).hexdigest()[:16] == entry.digest:
            return data
        else:
            _log.warning("the checkpoint after step %d is damaged, and is left out", entry.step)
            store.drop_note(entry.name)
    return None


def _entries(store: Store) -> Iterator[_Entry]:
    for name in store.notes(CHECKPOINTS):
        if (found := _NAME.fullmatch(name)) is None:
            continue
        try:
            written = datetime.strptime(found["written"], _STAMP).replace(tzinfo=UTC)
        except ValueError:  # a thirteenth month
            continue
        yield _Entry(int(found["step"]), written, name, found["fingerprint"], found["kind"], found["digest"])


def _kind(determinism: str) -> str:
    return sha256(determinism.encode()).hexdigest()[:12]
