"""What is said while a film is being made. Events travel from Ray workers to the driver, which shows and logs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flows.store import ClipRecord


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun on a clip."""

    fingerprint: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` of `steps` of `stage` (`load`, `encode`, `denoise`, `decode`, `write`) is done.

    `MOTION` comes before them where a driving video is prepared: after its last step the videos are in the store.
    Stages `edit` (in frames) and those of `STARTS` are the whole film's: their `fingerprint` is empty.
    """

    fingerprint: str
    stage: str
    step: int
    steps: int


MOTION = "motion"
"""The stage in which a driving video is read, in frames."""
STARTS = ("ray", "workers")
"""Stages of what has to be started before a clip can be: `step` of `steps` of it are there."""


@dataclass(frozen=True, slots=True)
class Log:
    """A line a person may want to read. `level` as in `logging`."""

    fingerprint: str
    level: int
    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The clip's record is published. `cached`: somebody had rendered it already."""

    fingerprint: str
    record: ClipRecord
    cached: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The clip could not be rendered. `final`: no attempt is left, and what depends on it will not be rendered.

    `because_of` is the fingerprint of the clip whose failure this one only follows from.
    """

    fingerprint: str
    worker: str
    message: str
    final: bool
    because_of: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """People want to hear of it at once: `kind` is one of `flows.notices.NOTICES`. Of the whole film."""

    kind: str
    message: str
    fingerprint: str = ""


Event: TypeAlias = Started | Progress | Log | Finished | Failed | Notice


def notice_of(event: object) -> Notice | None:
    """What of an event people want to hear of at once: the one place where a kind of event becomes a kind of notice."""
    match event:
        case Notice():
            return event
        case _:
            return None
