"""What happens while a command works, as lines for programs (`--events`).

The words beside the types are those of docs/programs.md, which is made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, BinaryIO, Literal, TypeAlias, TypedDict

from flows.cli.document import print_document
from flows.events import BudgetLow, Event, Failed, Finished, Log, Progress, Started, WaitsForReview
from flows.planning.model import Plan


class Where(TypedDict):
    """Which clip of a film; all null: the whole film."""

    shot: Annotated[str | None, "`scene.shot`"]
    take: Annotated[int | None, "from 1"]
    clip: Annotated[int | None, "of the take, from 1"]
    fingerprint: str


class StartedEvent(Where):
    """A worker has begun on a clip."""

    event: Literal["started"]
    worker: str
    attempt: Annotated[int, "from 1"]
    members: Annotated[int, "processes of that worker which render it together"]


class ProgressEvent(Where):
    """A step of a clip, or of the whole film, is done."""

    event: Literal["progress"]
    stage: Annotated[
        str,
        "`motion` (a driving video is read), `load`, `encode`, `denoise`, `decode`, `write`; of the whole film `ray`, "
        "`workers`, `edit` (frames)",
    ]
    step: int
    steps: int


class LogEvent(Where):
    """A line that a person may want to read."""

    event: Literal["log"]
    level: Annotated[int, "as in Python's logging: 30 is a warning"]
    message: str


class FinishedEvent(Where):
    """A clip is in the store."""

    event: Literal["finished"]
    cached: Annotated[bool, "it was there already"]
    seconds: Annotated[dict[str, float], "by stage"]


class FailedEvent(Where):
    """A clip could not be rendered."""

    event: Literal["failed"]
    worker: str
    message: str
    final: Annotated[bool, "false: it is tried again"]


class BudgetEvent(Where):
    """A cap is nearly spent (`cost.warn_at`)."""

    event: Literal["budget"]
    cap: Annotated[str, "`cost.cap.film`, `cost.cap.batch` or `cost.cap.month`"]
    spent: Annotated[float, "or reserved, by others too"]
    most: Annotated[float, "the cap"]
    unit: Annotated[str, "a currency, or `GPU h`"]
    message: str


class WaitsEvent(Where):
    """Nothing more is rendered until people have decided."""

    event: Literal["waits for review"]
    title: str
    kind: Annotated[str, "`stills`, `draft`"]
    shots: Annotated[list[str], "`scene.shot` of those to be decided"]
    page: Annotated[str, "where the contact sheet lies"]
    url: Annotated[str, "of the run that waits; empty: none does"]
    decide: Annotated[str, "the command for it"]
    until: Annotated[str, "the last moment for it, ISO 8601; empty: there is none"]


class InBatch(TypedDict):
    """Which film of a batch."""

    film: Annotated[str | None, "its name, of those that share a clip the first; null: all of them"]


class BatchStarted(InBatch, StartedEvent):
    """A worker has begun on a clip."""


class BatchProgressed(InBatch, ProgressEvent):
    """A step of a clip is done."""


class BatchWaits(InBatch, WaitsEvent):
    """The films are not made until people have decided; `shots` are looks, `film:scene.shot`."""


class BatchLog(InBatch, LogEvent):
    """A line that a person may want to read."""


class BatchFinished(InBatch, FinishedEvent):
    """A clip is in the store."""


class BatchFailed(InBatch, FailedEvent):
    """A clip could not be rendered."""


class BatchBudget(InBatch, BudgetEvent):
    """A cap is nearly spent (`cost.warn_at`)."""


class BatchFilmEvent(TypedDict):
    """A film is in another state."""

    event: Literal["film"]
    film: str
    row: int
    state: Annotated[str, "as in the manifest: `making`, `made`, `failed`"]
    seconds: Annotated[float, "of work, of one that is made"]
    message: str


class PullBegin(TypedDict):
    """A pull begins."""

    event: Literal["begin"]
    model: str
    bytes: Annotated[int, "in all"]
    here: Annotated[int, "bytes from before"]
    licence: str


class PullProgress(TypedDict):
    """Once a second of a pull."""

    event: Literal["progress"]
    model: str
    done: Annotated[int, "bytes"]
    bytes: int
    bytes_per_second: int
    seconds_left: int | None


class PullFile(TypedDict):
    """A file of a pull is whole and checked."""

    event: Literal["file"]
    model: str
    path: str


class PullNote(TypedDict):
    """What a person may want to know of a pull."""

    event: Literal["note"]
    model: str
    text: str


class PullDone(TypedDict):
    """A model is whole."""

    event: Literal["done"]
    model: str
    folder: str
    fetched: Annotated[int, "bytes"]


class ConvertFile(TypedDict):
    """A file of a conversion begins."""

    event: Literal["file"]
    path: str
    done: Annotated[int, "bytes"]
    bytes: int


EVENTS: Mapping[str, type] = MappingProxyType(
    {
        "render: started": StartedEvent,
        "render: progress": ProgressEvent,
        "render: log": LogEvent,
        "render: finished": FinishedEvent,
        "render: failed": FailedEvent,
        "render: budget": BudgetEvent,
        "render: waits for review": WaitsEvent,
        "batch: film": BatchFilmEvent,
        "batch: started": BatchStarted,
        "batch: progress": BatchProgressed,
        "batch: log": BatchLog,
        "batch: finished": BatchFinished,
        "batch: failed": BatchFailed,
        "batch: budget": BatchBudget,
        "batch: waits for review": BatchWaits,
        "sweep: film": BatchFilmEvent,
        "sweep: started": BatchStarted,
        "sweep: progress": BatchProgressed,
        "sweep: log": BatchLog,
        "sweep: finished": BatchFinished,
        "sweep: failed": BatchFailed,
        "sweep: budget": BatchBudget,
        "models pull: begin": PullBegin,
        "models pull: progress": PullProgress,
        "models pull: file": PullFile,
        "models pull: note": PullNote,
        "models pull: done": PullDone,
        "models convert: file": ConvertFile,
    }
)
"""Which command says what."""


def printer(plan: Plan, stdout: BinaryIO) -> Callable[[Event], None]:
    """What hears the events of a film, and prints them."""
    places = clip_places(plan)

    def show(event: Event) -> None:
        print_document(as_line(event, places), line=True, to=stdout)

    return show


Line: TypeAlias = StartedEvent | ProgressEvent | LogEvent | FinishedEvent | FailedEvent | BudgetEvent | WaitsEvent


def as_line(event: Event, places: Mapping[str, Where]) -> Line:
    """An event of a film with the place of its clip."""
    nowhere: Where = {"shot": None, "take": None, "clip": None, "fingerprint": event.fingerprint}
    where = places.get(event.fingerprint, nowhere)
    match event:
        case Started():
            return {
                "event": "started",
                **where,
                "worker": event.worker,
                "attempt": event.attempt,
                "members": event.members,
            }
        case Progress():
            return {"event": "progress", **where, "stage": event.stage, "step": event.step, "steps": event.steps}
        case Log():
            return {"event": "log", **where, "level": event.level, "message": event.message}
        case Finished():
            seconds = dict(event.record.seconds)
            return {"event": "finished", **where, "cached": event.cached, "seconds": seconds}
        case Failed():
            return {"event": "failed", **where, "worker": event.worker, "message": event.message, "final": event.final}
        case BudgetLow():
            return {
                "event": "budget",
                **where,
                "cap": event.cap,
                "spent": round(event.spent, 6),
                "most": event.most,
                "unit": event.unit,
                "message": event.message,
            }
        case WaitsForReview():
            return {
                "event": "waits for review",
                **where,
                "title": event.title,
                "kind": event.kind,
                "shots": list(event.shots),
                "page": event.page,
                "url": event.url,
                "decide": event.command,
                "until": event.until,
            }


def clip_places(plan: Plan) -> dict[str, Where]:
    """Shot, take and number of every clip, by its fingerprint; the first of those that share one."""
    places: dict[str, Where] = {}
    for shot in plan.shots:
        for take in shot.rendered:
            for count, clip in enumerate(take.clips, 1):
                name = clip.fingerprint
                places.setdefault(name, {"shot": shot.id, "take": take.number, "clip": count, "fingerprint": name})
    return places
