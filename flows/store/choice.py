"""Which of several takes is shown: the same rule for the film, for what is handed on, and for the report."""

from __future__ import annotations

from collections.abc import Sequence

from flows.store.records import ClipRecord


def weakest(clips: Sequence[ClipRecord]) -> ClipRecord:
    """The clip that a take is judged by: the one of least `quality`, the first among equals.

    A viewer forgives no spoilt part for the sake of the others, and a mean over a long take would hide it.
    """
    return min(clips, key=lambda record: record.quality)
