"""Which clips a hand-off is taken from: those of the take that the film shows, as the store has them."""

from __future__ import annotations

from collections.abc import Sequence

from flows.clips import HandOff
from flows.errors import BlobMissing
from flows.store.choice import weakest
from flows.store.records import ClipRecord
from flows.store.store import Store


def handing_clips(hand_off: HandOff, store: Store) -> list[ClipRecord]:
    """The clips of the best take up to the one that the handed-off frame lies in; the best is the take whose weakest
    clip is best, as `flows.edit.timeline.chosen_take` has it, of those of its clips that the hand-off reads.

    Raises BlobMissing when a take lacks a record: the pool would have rendered it first.
    """
    needed = frozenset(hand_off.upstream)
    takes = [_records([name for name in take if name in needed], store) for take in hand_off.takes]
    best = max(takes, key=lambda clips: weakest(clips).quality)
    return best[: len(best) - hand_off.back]


def _records(names: Sequence[str], store: Store) -> list[ClipRecord]:
    records = [store.record(name) for name in names]
    found = [record for record in records if record is not None]
    if len(found) < len(records):
        raise BlobMissing("a clip that this one starts from is not in the store any more; render the film again")
    return found
