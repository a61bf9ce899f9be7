"""The schedules of films: Prefect's, of the one deployment. What is known of them is on its server alone.

Prefect takes back all runs that it has planned when one schedule of a deployment changes, and, when one is removed,
also those of others that wait. So each change here has them planned again at once, and puts back what waited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flows.errors import EnvironmentProblem, FlowsError, UserError
from flows.runs.cron import next_times
from flows.runs.due import schedule_of
from flows.runs.names import AUTO, HANDED_BACK, SKIPPED
from flows.runs.rest import Rest
from flows.runs.schedule import NEVER, NO_STORYBOARD, Last, Schedule, schedule_from
from flows.runs.served import run_url
from flows.runs.submitting import Submitted, check_knows, check_length, is_served, offered
from wan.system.suggest import did_you_mean

SHOWN = 3
"""Times to come that are shown."""
LOOKS_AHEAD = timedelta(days=90)
"""A server plans the runs of a hundred days, if it is left as it is."""
CANNOT_PLAN = (
    "the Prefect server at {url} cannot plan the runs of schedules\n"
    "    see its log; Prefect 3.8 cannot with SQLAlchemy 2.1: there pip install 'sqlalchemy<2.1', and start it again"
)
PAUSED = "The schedule {name} was paused before a machine had begun this film."
_BEGUN = ["PENDING", "RUNNING", "CANCELLING", "PAUSED"]
_WAITING = ["Scheduled", "Late"]


class Schedules:
    """Of the server that `rest` asks. Raises EnvironmentProblem when no machine has offered to make films there."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._deployment = offered(rest)
        check_knows(rest, self._deployment, ["schedule"])
        self.paused = bool(self._deployment["paused"])
        """Whether somebody has paused the deployment, and all of them with it."""

    def all(self, now: datetime) -> list[Schedule]:
        """By name, with what is known of their runs."""
        return sorted((self._with_runs(each, now) for each in self._plain()), key=lambda each: each.name)

    def find(self, name: str) -> Schedule:
        """Without its runs. Raises UserError with the one that was probably meant."""
        known = {each.name: each for each in self._plain()}
        if name in known:
            return known[name]
        all_of_them = f"there are: {', '.join(sorted(known))}" if known else "there is none yet: wanflow schedule add"
        raise UserError(f"there is no schedule {name[:100]!r}\n    {did_you_mean(name, known, all_of_them)}")

    def check_new(self, name: str, *, replace: bool) -> None:
        """Raises UserError when it is there and is not to be replaced, or when one is there that stops all."""
        for each in self._plain():
            if each.dead and each.name != name:
                raise UserError(NEVER.format(name=each.name, when=each.when))
            if each.name == name and not replace:
                raise UserError(
                    f"--name {name}: there is such a schedule already\n"
                    "    --replace puts the new one into its place; --name NAME gives this one another name"
                )

    def check_takes(self, parameters: Mapping[str, Any]) -> None:
        """Whether films would be made of these; known before anything is sent. Raises as `submitting.check_takes`."""
        check_length(parameters)
        check_knows(self._rest, self._deployment, parameters)

    def put(self, name: str, cron: str, zone: str, parameters: Mapping[str, Any]) -> Schedule:
        """Add it, or put it into the place of the one with that name; it is active then."""
        self.check_takes(parameters)
        body = {
            "active": True,
            "schedule": {"cron": cron, "timezone": zone},
            "parameters": {**parameters, "schedule": name},
            "slug": name,
        }
        there = next((each for each in self._plain() if each.name == name), None)
        if there is None:
            self._rest.post(self._path(), [body])
        else:
            self._rest.patch(self._path(there.id), body)
        if not self._plan() and there is None:
            self._rest.delete(self._path(self.find(name).id))
            raise FlowsError(CANNOT_PLAN.format(url=self._rest.url))
        return self._with_runs(self.find(name), datetime.now(UTC))

    def pause(self, name: str) -> Schedule:
        """No film of it is begun any more; one that is made is finished."""
        found = self.find(name)
        self._set_active(found, False)
        for run in self._runs(found, {"name": {"any_": _WAITING}}):
            state = {"type": "CANCELLED", "name": SKIPPED, "message": PAUSED.format(name=name)}
            self._rest.post(f"/flow_runs/{run['id']}/set_state", {"state": state})
        return found

    def resume(self, name: str) -> Schedule:
        """From the next time on."""
        found = self.find(name)
        self._set_active(found, True)
        return self._with_runs(self.find(name), datetime.now(UTC))

    def remove(self, name: str) -> Schedule:
        """Films of it that wait are not made; one that is made is finished."""
        found = self.find(name)
        others = [each for each in self._plain() if each.id != found.id]
        waiting = [run for each in others for run in self._runs(each, {"name": {"any_": _WAITING}}, before=True)]
        self._rest.delete(self._path(found.id))
        for run in waiting:
            if self._rest.get(f"/flow_runs/{run['id']}") is None:
                self._again(run)
        self._plan()
        return found

    def run_now(self, name: str) -> Submitted:
        """Ask for its film now, beside its times. Raises UserError while one of it is made or waits."""
        found = self.find(name)
        if not found.storyboard:
            raise UserError(NO_STORYBOARD.format(name=name))
        for run in self._begun():
            if _schedule_of(run) == name:
                raise UserError(
                    f"the film of the schedule {name} is made already: {run_url(self._rest.url, run['id'])}\n"
                    f"    wait for it: wanflow fetch {run['id']}, or cancel it there"
                )
        asked = {
            "name": f"{name} (by hand)",
            "parameters": {**found.parameters, "schedule": name},
            "state": {"type": "SCHEDULED"},
        }
        made = str(self._rest.post(f"/deployments/{self._deployment['id']}/create_flow_run", asked)["id"])
        return Submitted(made, run_url(self._rest.url, made), is_served(self._rest))

    def _set_active(self, found: Schedule, active: bool) -> None:
        """With its parameters: those that are not said are taken for none."""
        self._rest.patch(self._path(found.id), {"active": active, "parameters": dict(found.parameters)})
        self._plan()

    def _plan(self) -> bool:
        return plan_runs(self._rest, self._deployment["id"])

    def _path(self, schedule: str = "") -> str:
        return f"/deployments/{self._deployment['id']}/schedules" + (f"/{schedule}" if schedule else "")

    def _plain(self) -> list[Schedule]:
        return [schedule_from(plain) for plain in self._rest.get(self._path())]

    def _with_runs(self, plain: Schedule, now: datetime) -> Schedule:
        """What the server has planned. It looks a hundred days ahead; what comes later is reckoned here."""
        zone = ZoneInfo(plain.zone)
        waiting, planned = (
            [_time(run, zone) for run in self._runs(plain, {"name": {"any_": _WAITING}}, before=before, now=now)]
            for before in (True, False)
        )
        unplanned = False
        if len(planned) < SHOWN and plain.active and not self.paused and plain.cron and not plain.dead:
            further = next_times(plain.cron, plain.zone, planned[-1] if planned else now, SHOWN - len(planned))
            unplanned = not planned and further[0] - now < LOOKS_AHEAD
            planned += further
        last = self._last(plain, zone)
        return replace(plain, next=tuple(planned[:SHOWN]), waiting=tuple(waiting), last=last, unplanned=unplanned)

    def _last(self, plain: Schedule, zone: ZoneInfo) -> Last | None:
        begun = {"type": {"not_any_": ["SCHEDULED"]}}
        for run in self._runs(plain, begun, newest=True, limit=1):
            return Last(run["id"], run_url(self._rest.url, run["id"]), str(run["state_name"]), _time(run, zone))
        return None

    def _runs(
        self,
        schedule: Schedule,
        state: Mapping[str, Any],
        *,
        before: bool | None = None,
        now: datetime | None = None,
        newest: bool = False,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """That it asked for, in the order of their times; only those with a time `before` now, or after."""
        wanted: dict[str, Any] = {"created_by": {"id_": [schedule.id]}, "state": state}
        if before is not None:
            moment = (now or datetime.now(UTC)).isoformat()
            wanted["expected_start_time"] = {"before_" if before else "after_": moment}
        order = "EXPECTED_START_TIME_DESC" if newest else "EXPECTED_START_TIME_ASC"
        found = self._rest.post("/flow_runs/filter", {"flow_runs": wanted, "sort": order, "limit": limit})
        return list(found or [])

    def _begun(self) -> list[dict[str, Any]]:
        """Films of the deployment that are made, go on later, or were asked for by hand and wait."""
        of_ours = {"deployment_id": {"any_": [self._deployment["id"]]}}
        states: Sequence[Mapping[str, Any]] = (
            {"state": {"type": {"any_": _BEGUN}}},
            {"state": {"name": {"any_": [HANDED_BACK, "AwaitingRetry"]}}},
            {"state": {"name": {"any_": _WAITING}}, "tags": {"is_null_": True}},
        )
        return [
            run
            for each in states
            for run in self._rest.all("/flow_runs/filter", {"flow_runs": {**of_ours, **each}, "sort": "ID_DESC"})
        ]

    def _again(self, run: Mapping[str, Any]) -> None:
        """A run that waited was taken away with the schedule of another."""
        asked = {
            "name": run["name"],
            "parameters": {**run["parameters"], "schedule": _schedule_of(run)},
            "tags": [AUTO],
            "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": run["expected_start_time"]}},
        }
        self._rest.post(f"/deployments/{self._deployment['id']}/create_flow_run", asked)


def plan_runs(rest: Rest, deployment: str) -> bool:
    """Have the next runs of its schedules planned now, as the server does by itself within a minute. Whether it can."""
    try:
        rest.post(f"/deployments/{deployment}/schedule", {})
    except EnvironmentProblem:  # too busy to answer: it plans when it is not
        return True
    except FlowsError:
        return False
    return True


def _schedule_of(run: Mapping[str, Any]) -> str:
    made_by = run.get("created_by")
    return schedule_of(run["parameters"], SimpleNamespace(**made_by) if made_by else None)


def _time(run: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(run["expected_start_time"]).astimezone(zone)
