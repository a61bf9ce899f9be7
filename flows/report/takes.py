"""Takes as people compare them: those that are there, which one the film shows, and who chose it."""

from __future__ import annotations

from collections.abc import Mapping

from flows.planning.model import Plan, PlannedShot, Take
from flows.store import ClipRecord, Store
from flows.store.choice import weakest


def with_passed_over(plan: Plan, takes: Mapping[str, ClipRecord], store: Store) -> dict[str, ClipRecord]:
    """The records of clips, and those of takes that were rendered once and passed over, as far as the store has their
    pictures still. Raises StoreError."""
    found = dict(takes)
    for clip in (clip for shot in plan.shots for take in shot.others if take.status == "cached" for clip in take.clips):
        record = None if clip.fingerprint in found else store.record(clip.fingerprint)
        if record is not None and store.holds([record.thumbnail]):
            found[clip.fingerprint] = record
    return found


def is_there(take: Take, records: Mapping[str, ClipRecord]) -> bool:
    """Whether all its clips are."""
    return all(clip.fingerprint in records for clip in take.clips)


def score_of(take: Take, records: Mapping[str, ClipRecord]) -> float | None:
    """What it is chosen by: the quality of its weakest clip; None if nobody judged it."""
    scores = weakest([records[clip.fingerprint] for clip in take.clips]).scores
    return scores.get("quality")


def chosen_words(shot: PlannedShot) -> str:
    """Who chose the take that is in the film; empty where there was nothing to choose from."""
    if shot.choice.by_eye:
        return shot.choice.said()
    return "best score" if len(shot.takes) > 1 else ""
