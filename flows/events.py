"""What is said while a film is being made. Events travel from Ray workers to the driver, which shows and logs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flows.store import ClipRecord


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun on a clip, on a `gpu` of that name ("": on none). `film`: of a pool that films share, whom it
    is begun for, where that is another film. `members`: so many processes render it together, each on such a GPU."""

    fingerprint: str
    worker: str
    attempt: int
    gpu: str = ""
    film: str = ""
    members: int = 1


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

    `because_of` is the fingerprint of the clip whose failure this one only follows from. `damaged`: what it starts from
    and is not whole in the store any more, clips by fingerprint and inputs by digest. `lost`: it did not fail, but its
    worker was lost, or had to go.
    """

    fingerprint: str
    worker: str
    message: str
    final: bool
    because_of: str | None = None
    damaged: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class BudgetLow:
    """Of a cap (`cost.cap.film`, `.batch`, `.month`) a part is spent after which people want to know (`cost.warn_at`).
    `spent` of at most `most`, both in `unit`: a currency, or `GPU h`. `film`: the one of a batch that it is of."""

    cap: str
    spent: float
    most: float
    unit: str
    fingerprint: str = ""
    film: str = ""

    @property
    def message(self) -> str:
        """In words."""
        of = f"{self.film}: " if self.film else ""
        return f"{of}{self.cap}: {self.spent:,.4g} of {self.most:,.4g} {self.unit} are spent or reserved"


@dataclass(frozen=True, slots=True)
class WaitsForReview:
    """Nothing is rendered until people have decided about these shots. `fingerprint` is empty: it is the whole film's.

    `page` is where the contact sheet lies, `url` the page of the run that waits (empty: none does), `command` what a
    person types to decide, `until` the last moment for it (ISO 8601; empty: there is none).
    """

    fingerprint: str
    title: str
    kind: str
    shots: tuple[str, ...]
    page: str
    url: str
    command: str
    until: str


Event: TypeAlias = Started | Progress | Log | Finished | Failed | BudgetLow | WaitsForReview


@dataclass(frozen=True, slots=True)
class Notice:
    """People want to hear of it at once: `kind` is one of `flows.notices.NOTICES`."""

    kind: str
    message: str


def notice_of(event: object) -> Notice | None:
    """What of an event people want to hear of at once: the one place where a kind of event becomes a kind of notice."""
    match event:
        case BudgetLow():
            return Notice("budget", event.message)
        case _:
            return None
