"""What `wanflow schedule` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.cli.forms.envelope import Envelope


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
