"""What each command prints with `--json`: one object, the envelope's keys and the command's own at its top level.

The words beside the types are those of docs/programs.md, which is made from them; tests hold every command to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias, TypedDict

from flows.batch.manifest import Entry
from flows.cluster.queue import Waiting
from flows.cluster.status import FilmStatus, PoolStatus
from flows.cost.estimate import CostEstimate
from flows.cost.spent import Spent
from flows.fields import Written
from flows.ledger.rows import LedgerRow
from flows.ledger.sums import Sum
from flows.planning.form import PlanForm
from flows.review.model import Entry as Decided
from flows.review.model import Kind, Standing

Severity: TypeAlias = Literal["error", "warning"]


class ProblemForm(TypedDict):
    """One mistake or warning, and where it is."""

    severity: Severity
    code: Annotated[str, "its kind, of the table below"]
    message: str
    fix: Annotated[str | None, "what to do about it, where that is not in the message"]
    file: str | None
    line: Annotated[int | None, "from 1"]
    column: Annotated[int | None, "from 1"]
    shot: Annotated[str | None, "`scene.shot`"]


class Envelope(TypedDict):
    """In every document, and alone in that of a command that failed before it had anything else to say."""

    json_version: int
    command: Annotated[str, "`plan`, `models list` …"]
    exit_code: int
    problems: list[ProblemForm]


class PlanDocument(Envelope, PlanForm):
    """`wanflow plan`."""

    cost: Annotated[dict[str, Any], Written(CostEstimate)]
    weights: Annotated[bool, "false: planned with `--no-weights`, so nothing is known to be in the store"]


class CheckedFile(TypedDict):
    """What `problems` come to in one file."""

    file: Annotated[str, "as it was named"]
    errors: int
    warnings: int


class CheckDocument(Envelope):
    """`wanflow check`; what is wrong is in `problems`."""

    files: list[CheckedFile]


class DeliveredForm(TypedDict):
    """A file of `deliver`."""

    path: str
    width: int
    height: int
    seconds: float


class KeyframeForm(TypedDict):
    """A picture that shots joined by keyframes are held to."""

    shot: Annotated[str, "begins with it"]
    ends: Annotated[str | None, "the shot that ends on it"]
    picture: Annotated[str, "path"]
    given: Annotated[bool, "by the storyboard; else it is rendered"]
    seed: Annotated[int | None, "it is rendered with"]


class RenderDocument(Envelope):
    """`wanflow render`."""

    title: str
    film: Annotated[str | None, "path; null: only some shots were asked for, and others are not rendered yet"]
    captions: Annotated[str | None, "path of the subtitles (WebVTT) beside the film, if a shot has a caption"]
    delivered: list[DeliveredForm]
    clips: Annotated[list[str], "paths of the shots that `--only` named"]
    report: Annotated[str | None, "of a review the contact sheet"]
    waiting: Annotated[list[str], "shots that wait for decisions (`--review`); `exit_code` is 3 then"]
    keyframes: Annotated[list[KeyframeForm], "of `--keyframes`, which makes no film; `report` is a sheet of them"]
    plan: Annotated[str, "path of the plan as JSON"]
    spent: Annotated[dict[str, Any], Written(Spent)]
    rendered: Annotated[int, "takes"]
    cached: Annotated[int, "takes that were in the store"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: Annotated[list[str], "those of the plan, and what went wrong beside the film; in `problems` too"]


class ShotDecisionForm(TypedDict):
    """A shot that is reviewed; `decision`, `prompt` and `note` are to be filled in."""

    decision: Annotated[str, "`approve`, `take`, `prompt`, `drop`, `note`; empty: nothing is decided"]
    prompt: Annotated[str, "of the shot; another one with `decision` `prompt`"]
    note: str
    look: Annotated[str, "fingerprint of what is looked at; decisions about another are refused"]
    seed: int
    standing: Annotated[Standing, "how it stands"]
    decided: Annotated[str, "by whom and when it was decided; empty: it is open"]
    films: Annotated[list[str], "of a batch: those that have the look; it is decided for all of them"]


class ReviewDocument(Envelope):
    """`wanflow review`; `--decisions` reads the same, filled in."""

    review: Annotated[int, "version of this form"]
    film: Annotated[str, "its title; of a batch its name"]
    kind: Kind
    number: Annotated[int, "how many entries there were: who decides knowing fewer comes too late"]
    by: Annotated[str, "who decides"]
    reject: Annotated[bool, "true: the film is not made"]
    shots: Annotated[dict[str, ShotDecisionForm], "by `scene.shot`; of a batch by `film:scene.shot`"]
    open: Annotated[list[str], "shots that are to be decided"]
    page: Annotated[str, "path of the contact sheet, on the machine that made it"]
    run: Annotated[str, "that waits; empty: none, it was rendered by a command"]
    run_url: str
    until: Annotated[str | None, "the last moment to decide, ISO 8601; null: there is none"]
    taken: Annotated[dict[str, Any] | None, Written(Decided), "what this command has decided"]
    history: Annotated[list[Annotated[dict[str, Any], Written(Decided)]], "all that was decided, in its order"]


class BatchFilmForm(TypedDict):
    """A film that would be made of a row."""

    name: Annotated[str, "its folder"]
    row: Annotated[int, "of the table; the header's is 1"]
    title: str
    variables: Annotated[dict[str, str], "columns and choices of the matrix, without empty cells"]
    film_seconds: float
    clips: int
    new: Annotated[int, "clips that are not in the store"]
    gpu_seconds: Annotated[float, "that these may take, those of other films too"]
    cost: Annotated[float | None, "of these; null: no price is set"]


class BatchTotalsForm(TypedDict):
    """Sums over a batch."""

    films: int
    clips: Annotated[int, "of all films"]
    shared: Annotated[int, "of these need not be rendered, as another film has the same"]
    distinct: Annotated[int, "are different"]
    cached: Annotated[int, "of the different ones are in the store"]
    new: Annotated[int, "of the different ones are to be rendered"]
    film_seconds: float
    estimated_seconds: Annotated[float, "with one worker: starting, rendering what is new, editing all films"]


class BatchPlanDocument(Envelope):
    """`wanflow batch --plan`; rows that are left out with `--skip-bad` are in `problems`."""

    batch: str
    folder: Annotated[str, "path"]
    films: list[BatchFilmForm]
    totals: BatchTotalsForm
    cost: Annotated[dict[str, Any], Written(CostEstimate)]
    weights: Annotated[bool, "false: planned without, and what the store has is not known"]


class BatchDocument(Envelope):
    """`wanflow batch`; `exit_code` is 1 where a row has no film, but for those that people have rejected."""

    batch: str
    folder: Annotated[str, "path"]
    manifest: Annotated[str, "path of the same as JSON"]
    parquet: Annotated[str, "path of the same as a table"]
    gallery: Annotated[str, "path of the page"]
    films: list[Annotated[dict[str, Any], Written(Entry)]]
    waiting: Annotated[list[str], "looks that wait for decisions (`--review`); `exit_code` is 3 then"]
    rendered: Annotated[int, "clips"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: list[str]


class SweepFilmForm(TypedDict):
    """A film that would be made."""

    name: Annotated[str, "its folder"]
    title: str
    differs: Annotated[dict[str, str], "its overrides, those alone that are not the same in all films"]
    film_seconds: float
    clips: int
    new: Annotated[int, "clips that are not in the store"]


class SweepPlanDocument(Envelope):
    """`wanflow sweep --plan`."""

    sweep: str
    folder: Annotated[str, "path"]
    overrides: Annotated[list[str], "those of all films"]
    films: list[SweepFilmForm]
    totals: BatchTotalsForm
    cost: Annotated[dict[str, Any], Written(CostEstimate)]


class SweepDocument(Envelope):
    """`wanflow sweep`; `exit_code` is 1 where a film is not made."""

    sweep: str
    folder: Annotated[str, "path"]
    overrides: Annotated[list[str], "those of all films"]
    sheet: Annotated[str, "path of the page that shows them side by side"]
    picture: Annotated[str | None, "path of the same as JPEG; null: it would be too large"]
    manifest: Annotated[str, "path of the same as JSON"]
    parquet: Annotated[str, "path of the same as a table"]
    films: list[Annotated[dict[str, Any], Written(Entry)]]
    rendered: Annotated[int, "clips"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: list[str]


class MadeTakeForm(TypedDict):
    """A take of a film that was made, or was passed over in it."""

    number: Annotated[int, "from 1"]
    seed: int
    fingerprint: Annotated[str, "of its last clip"]
    score: Annotated[float | None, "that of its weakest clip; null: it was not rendered, or is judged by nobody"]


class PickShotForm(TypedDict):
    """A shot, and which of its takes was chosen by hand."""

    shot: Annotated[str, "`scene.shot`"]
    takes: list[MadeTakeForm]
    picked: Annotated[int | None, "number of the take; null: the score decides, or the storyboard"]
    who: str
    when: Annotated[str, "ISO 8601"]


class PickDocument(Envelope):
    """`wanflow pick` of a film; choices that are out of date are among `problems`."""

    title: str
    folder: Annotated[str, "path"]
    storyboard: Annotated[str, "path, or where it was sent from"]
    written: Annotated[bool, "whether the storyboard's file was changed (`--write`)"]
    shots: list[PickShotForm]


class PickSweepDocument(Envelope):
    """`wanflow pick` of a sweep."""

    title: str
    folder: Annotated[str, "path"]
    storyboard: Annotated[str, "path"]
    sweep: str
    films: Annotated[list[str], "names"]
    film: Annotated[str | None, "that was picked"]
    overrides: Annotated[list[str], "that it was made with: `wanflow render` with these makes it alone"]
    who: str
    when: Annotated[str, "ISO 8601"]


class SubmitDocument(Envelope):
    """`wanflow submit`; with `--watch` the document is that of `fetch`."""

    title: str
    films: Annotated[int, "more than one of a table"]
    run: Annotated[str, "its id: `wanflow fetch` takes it"]
    run_url: Annotated[str, "the run in the Prefect UI"]
    storyboard: Annotated[str, "sha256 of what was sent"]
    store: Annotated[str, "address of the store that it was sent to"]
    files: Annotated[int, "that the storyboard needs, itself among them"]
    served: Annotated[bool, "false: no machine serves films now, and it waits"]
    cost: Annotated[
        Annotated[dict[str, Any], Written(CostEstimate)] | None,
        "as if nothing of it were in the store; null: it cannot be told here",
    ]


class FetchDocument(Envelope):
    """`wanflow fetch`, and `wanflow submit --watch`."""

    title: str
    run: str
    run_url: str
    files: Annotated[list[str], "paths of what was written here, the film first"]
    rendered: Annotated[int, "takes"]
    cached: Annotated[int, "takes that were in the store"]
    seconds: Annotated[float, "that it took, waiting not counted"]
    warnings: list[str]


class LastRunForm(TypedDict):
    """A run of a schedule that is over, or is made."""

    run: str
    run_url: str
    state: Annotated[str, "as in the Prefect UI: `Completed`, `Missed`, `Skipped`, `Running` …"]
    at: Annotated[str, "its time, ISO 8601, in the schedule's zone"]


class ScheduleForm(TypedDict):
    """Films that are made at times of a calendar."""

    name: str
    active: Annotated[bool, "false: it is paused"]
    cron: Annotated[str | None, "null: it was made elsewhere, and is no cron schedule"]
    when: Annotated[str, "the cron expression, or what there is instead"]
    timezone: str
    storyboard: Annotated[
        str, "a name or path on the machine that serves, or `sha256:…` of one that was sent; empty: none"
    ]
    pinned: Annotated[bool, "whether it is one that was sent, and the same each time"]
    table: Annotated[str | None, "a film for each of its rows"]
    overrides: list[str]
    late: Annotated[str, "how late a film may begin"]
    deadline_in: Annotated[str | None, "when it should be there, counted from its time"]
    next: Annotated[list[str], "times to come, ISO 8601 with the offset of the schedule's zone"]
    waiting: Annotated[list[str], "times that have come, and whose films no machine has begun yet"]
    last: LastRunForm | None


class ScheduleAddDocument(Envelope):
    """`wanflow schedule add`."""

    title: Annotated[str, "of the film; of a storyboard that is not here, its name"]
    schedule: ScheduleForm
    served: Annotated[bool, "false: no machine serves films now"]


class ScheduleListDocument(Envelope):
    """`wanflow schedule list`."""

    schedules: list[ScheduleForm]
    paused: Annotated[bool, "whether the whole deployment is paused in Prefect"]


class ScheduleChangedDocument(Envelope):
    """`wanflow schedule pause`, `resume` and `remove`."""

    schedule: ScheduleForm


class ScheduleRunDocument(Envelope):
    """`wanflow schedule run`."""

    name: str
    run: Annotated[str, "its id: `wanflow fetch` takes it"]
    run_url: Annotated[str, "the run in the Prefect UI"]
    served: Annotated[bool, "false: no machine serves films now, and it waits"]


class NotifyForm(TypedDict):
    """Who is told by the Prefect server. Its address is kept there, and said nowhere."""

    name: str
    way: Annotated[str, "`webhook` or `email`"]
    on: Annotated[list[str], "of what: `done`, `partly`, `failed`, `review`, `budget`, `missed`, `skipped`"]
    active: Annotated[bool, "false: its automation is switched off in Prefect"]


class NotifyDocument(Envelope):
    """`wanflow notify add`, `list`, `test` and `remove`."""

    notified: list[NotifyForm]


class HistoryDocument(Envelope):
    """`wanflow history`."""

    takes: Annotated[
        list[Annotated[dict[str, Any], Written(LedgerRow)]], "clips of takes, newest first; none with `--by`"
    ]
    sums: Annotated[list[Annotated[dict[str, Any], Written(Sum)]], "with `--by`"]
    total: Annotated[dict[str, Any], Written(Sum)]


class HistoryPageDocument(Envelope):
    """`wanflow history --plot`."""

    page: Annotated[str, "path"]
    rows: Annotated[int, "of the ledger that it is of"]


class StoreStatusDocument(Envelope):
    """`wanflow store status`."""

    address: Annotated[str, "opens the store from any machine that may"]
    clips: Annotated[int, "that are finished"]
    blobs: Annotated[int, "files by digest: pictures, sounds, videos, latents"]
    bytes: Annotated[int, "of all of them"]
    ledger_files: Annotated[int, "a file a write, until they are compacted"]


class StoreCompactDocument(Envelope):
    """`wanflow store compact`."""

    address: Annotated[str, "opens the store from any machine that may"]
    files: Annotated[int, "of the ledger that could be read, and are one now"]
    rows: Annotated[int, "of the ledger, each clip of a take that a film asked for"]


class FindingForm(TypedDict):
    """One line of the doctor's page."""

    group: str
    name: str
    state: Literal["good", "note", "bad"]
    found: str
    fix: str | None


class DoctorDocument(Envelope):
    """`wanflow doctor`."""

    ready: Annotated[bool, "whether renders can begin"]
    findings: list[FindingForm]


class ConfigurationDocument(Envelope):
    """`wanflow doctor --config`."""

    configuration: Annotated[dict[str, object], "every key with its value"]


class ListedModel(TypedDict):
    """A model of the catalog."""

    name: str
    purpose: str
    variant: str | None
    layout: str
    about_bytes: int
    licence: str
    huggingface: str
    modelscope: str | None
    commit: Annotated[str | None, "the one that is pulled; null: the newest"]
    pulled: Annotated[str | None, "the folder, if it is here"]
    fetched_of_partial: Annotated[int | None, "bytes of a pull that was begun"]


class ModelsListDocument(Envelope):
    """`wanflow models list`."""

    models: list[ListedModel]


class PartForm(TypedDict):
    """A model within a checkpoint."""

    name: str
    kind: Annotated[str, "the class that loads it"]
    parameters: int
    bytes: int
    dtypes: list[str]
    scaled: Annotated[bool, "eight bits with scales"]


class LoraFactsForm(TypedDict):
    """What a LoRA's header says of it."""

    schemes: Annotated[list[str], "whose way of writing it has"]
    ranks: Annotated[list[int], "of its pairs, from the smallest"]
    experts: Annotated[list[str], "that its keys name: `high`, `low`; empty: none"]
    width: Annotated[int | None, "channels of the model it is for"]
    variants: Annotated[list[str], "that it may be for"]
    fits: Annotated[list[str], "checkpoints that are here and that it fits"]
    problem: Annotated[str | None, "why it cannot be used"]


class WeightsForm(TypedDict):
    """A folder or file of weights."""

    path: str
    layout: str
    variant: str | None
    missing: list[str]
    parameters: int
    bytes: int
    licence: str | None
    repo: str | None
    commit: str | None
    lora: Annotated[LoraFactsForm | None, "null: it is no LoRA"]
    parts: list[PartForm]


class RoleForm(TypedDict):
    """A variant of a family."""

    variant: str
    size: str
    num_frames: int
    fps: float
    sampling: str
    repo: str | None
    found: Annotated[str | None, "the folder, if it is here"]
    missing: Annotated[str | None, "what is wrong or missing"]
    loras: Annotated[dict[str, str | None], "models that its LoRAs come from, and where each is"]


class FamilyForm(TypedDict):
    """A family of checkpoints."""

    name: str
    precision: str
    roles: list[RoleForm]


class ModelsInfoDocument(Envelope):
    """`wanflow models info`: of what was named one or two of these, the others are null."""

    family: FamilyForm | None
    model: Annotated[ListedModel | None, "of the catalog"]
    weights: Annotated[WeightsForm | None, "what lies here"]


class FaultForm(TypedDict):
    """A broken file."""

    path: str
    what: str


class VerifiedFolder(TypedDict):
    """What was found in a folder."""

    folder: str
    whole: bool
    digests_known: Annotated[bool, "it was pulled, so there is something to compare with"]
    bytes: Annotated[int, "read"]
    faults: list[FaultForm]


class ModelsVerifyDocument(Envelope):
    """`wanflow models verify`."""

    folders: list[VerifiedFolder]


class PulledForm(TypedDict):
    """A model that is here now."""

    model: str
    folder: str
    fetched: Annotated[int, "bytes that were fetched now"]


class ModelsPullDocument(Envelope):
    """`wanflow models pull`."""

    models: list[PulledForm]


class ModelsConvertDocument(Envelope):
    """`wanflow models convert`."""

    target: str
    variant: str
    bytes: int
    missing: Annotated[list[str], "parts that its sources have not"]
    notes: list[str]


class PoolStatusDocument(Envelope):
    """`wanflow pool status`."""

    pool: Annotated[dict[str, Any], Written(PoolStatus)]


class PoolQueueDocument(Envelope):
    """`wanflow pool queue`."""

    clips: Annotated[list[Annotated[dict[str, Any], Written(Waiting)]], "in the order they will be rendered"]
    films: list[Annotated[dict[str, Any], Written(FilmStatus)]]


FORMS: Mapping[str, type] = MappingProxyType(
    {
        "check": CheckDocument,
        "plan": PlanDocument,
        "render": RenderDocument,
        "review": ReviewDocument,
        "batch": BatchDocument,
        "batch --plan": BatchPlanDocument,
        "sweep": SweepDocument,
        "sweep --plan": SweepPlanDocument,
        "pick": PickDocument,
        "pick SWEEP": PickSweepDocument,
        "submit": SubmitDocument,
        "fetch": FetchDocument,
        "schedule add": ScheduleAddDocument,
        "schedule list": ScheduleListDocument,
        "schedule pause": ScheduleChangedDocument,
        "schedule resume": ScheduleChangedDocument,
        "schedule remove": ScheduleChangedDocument,
        "schedule run": ScheduleRunDocument,
        "notify add": NotifyDocument,
        "notify list": NotifyDocument,
        "notify test": NotifyDocument,
        "notify remove": NotifyDocument,
        "history": HistoryDocument,
        "history --plot": HistoryPageDocument,
        "doctor": DoctorDocument,
        "doctor --config": ConfigurationDocument,
        "store status": StoreStatusDocument,
        "store compact": StoreCompactDocument,
        "pool status": PoolStatusDocument,
        "pool queue": PoolQueueDocument,
        "models list": ModelsListDocument,
        "models info": ModelsInfoDocument,
        "models verify": ModelsVerifyDocument,
        "models pull": ModelsPullDocument,
        "models convert": ModelsConvertDocument,
    }
)
"""A command that has `--json` is a line here."""
