"""What `wanflow schedule` shows, in words and as documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from flows.cli.document import envelope, warnings
from flows.runs.due import LATE
from flows.runs.schedule import NEVER, NO_STORYBOARD
from flows.runs.scheduled import pinned, version

if TYPE_CHECKING:
    from flows.cli.forms.schedule import (
        ScheduleAddDocument,
        ScheduleChangedDocument,
        ScheduleForm,
        ScheduleListDocument,
        ScheduleRunDocument,
    )
    from flows.runs.schedule import Schedule
    from flows.runs.submitting import Submitted

DEPLOYMENT_PAUSED = "the deployment film is paused in Prefect, and every schedule with it: resume it in its UI"
UNPLANNED = (
    "the Prefect server has planned no film of the schedule {name} yet; it does so within a minute of a change\n"
    "    if it stays so, its scheduler cannot work: see the server's log"
)


def form_of(schedule: Schedule) -> ScheduleForm:
    """As programs get it."""
    parameters = schedule.parameters
    last = schedule.last
    return {
        "name": schedule.name,
        "active": schedule.active,
        "cron": schedule.cron,
        "when": schedule.when,
        "timezone": schedule.zone,
        "storyboard": schedule.storyboard,
        "pinned": pinned(schedule.storyboard),
        "table": str(parameters.get("table") or "") or None,
        "overrides": [str(each) for each in parameters.get("overrides") or []],
        "late": str(parameters.get("late") or LATE),
        "deadline_in": str(parameters.get("deadline_in") or "") or None,
        "next": [moment.isoformat() for moment in schedule.next],
        "waiting": [moment.isoformat() for moment in schedule.waiting],
        "last": None
        if last is None
        else {"run": last.run, "run_url": last.url, "state": last.state, "at": last.at.isoformat()},
    }


def list_document(schedules: Sequence[Schedule], *, paused: bool) -> ScheduleListDocument:
    """What `--json` prints."""
    remarks = [DEPLOYMENT_PAUSED] if paused else []
    remarks += [NEVER.format(name=each.name, when=each.when) for each in schedules if each.dead]
    remarks += [UNPLANNED.format(name=each.name) for each in schedules if each.unplanned]
    remarks += [NO_STORYBOARD.format(name=each.name) for each in schedules if not each.storyboard]
    return {
        **envelope("schedule list", problems=warnings(remarks)),
        "schedules": [form_of(each) for each in schedules],
        "paused": paused,
    }


def changed_document(what: str, schedule: Schedule) -> ScheduleChangedDocument:
    """Likewise, of `pause`, `resume` and `remove`."""
    form = form_of(schedule)
    if what != "remove":
        form["active"] = what == "resume"
    return {**envelope(f"schedule {what}"), "schedule": form}


def changed_words(what: str, schedule: ScheduleForm) -> str:
    """Likewise, for people."""
    name = schedule["name"]
    match what:
        case "pause":
            return f"{name} is paused; wanflow schedule resume {name} goes on"
        case "resume":
            return f"{name} goes on: {times(schedule['next'])}"
        case _:
            return f"{name} is removed"


def run_document(name: str, asked: Submitted, server: str) -> ScheduleRunDocument:
    """Likewise."""
    waits = [] if asked.served else [f"no machine serves films at {server} now; it waits until one does: wanflow serve"]
    return {
        **envelope("schedule run", problems=warnings(waits)),
        "name": name,
        "run": asked.run,
        "run_url": asked.url,
        "served": asked.served,
    }


def print_added(document: ScheduleAddDocument) -> None:
    """For people."""
    _say_problems(document)
    form = document["schedule"]
    click.echo(f"scheduled   {form['name']}: {document['title']}, {form['when']} in {form['timezone']}")
    click.echo(f"storyboard  {version(form['storyboard'])}")
    if form["table"]:
        click.echo(f"table       {form['table']}")
    click.echo(f"next        {times(form['next'])}")
    click.echo(f"\nNext: wanflow schedule list    or now: wanflow schedule run {form['name']}")


def print_run(document: ScheduleRunDocument) -> None:
    """Likewise."""
    _say_problems(document)
    click.echo(f"run   {document['run_url']}")
    click.echo(f"\nNext: wanflow fetch {document['run']}    waits for the film")


def print_list(document: ScheduleListDocument) -> None:
    """Likewise: a few lines a schedule."""
    _say_problems(document)
    if not document["schedules"]:
        click.echo('There is no schedule. wanflow schedule add STORYBOARD --cron "0 6 * * MON"')
    for form in document["schedules"]:
        click.echo(f"{form['name']}{'' if form['active'] else ' (paused)'}: {form['when']} in {form['timezone']}")
        click.echo(f"    storyboard  {version(form['storyboard']) if form['storyboard'] else 'none'}")
        if form["table"]:
            click.echo(f"    table       {form['table']}")
        if form["active"]:
            click.echo(f"    next        {times(form['next'])}")
        if form["waiting"]:
            click.echo(
                f"    waits       {times(form['waiting'])}, for a machine; not made if it is later than {form['late']}"
            )
        if last := form["last"]:
            click.echo(f"    last        {times([last['at']])}: {last['state']}  {last['run_url']}")


def times(moments: Sequence[str]) -> str:
    """`Mon 7 Dec 2026 06:00 +01:00, ...`; in the zone that they were said in."""
    return ", ".join(_time(datetime.fromisoformat(moment)) for moment in moments) or "none"


def _time(moment: datetime) -> str:
    offset = moment.strftime("%z")
    return f"{moment:%a} {moment.day} {moment:%b %Y %H:%M} {offset[:3]}:{offset[3:5]}"


def _say_problems(document: ScheduleAddDocument | ScheduleListDocument | ScheduleRunDocument) -> None:
    from flows.cli.outcome import say

    for problem in document["problems"]:
        fix = f"\n    {problem['fix']}" if problem["fix"] else ""
        say(f"warning: {problem['message']}{fix}")
