"""Who is told by a Prefect server: a block that keeps the address, and an automation that uses it, for each name.

The server sends the messages itself, from its own events, also when the machine that made a film is gone.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.errors import FlowsError, UserError
from flows.notices import NOTICES
from flows.notify.secret import Mail, Webhook
from flows.runs.blocks import add_block
from flows.runs.names import EVENT, FLOW
from flows.runs.rest import Rest
from flows.runs.templates import SUBJECT, TEST, body, events_of, payload
from wan.system.suggest import did_you_mean

PREFIX = "wanflow notify "
"""How the names of our automations begin."""
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?")
TEST_SECONDS = 30.0
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Notified:
    """`way`: `webhook` or `email`; `on`: of what, the words of `NOTICES`."""

    name: str
    way: str
    on: tuple[str, ...]
    active: bool
    automation: str
    block: str


class Notifying:
    """Of the server that `rest` asks. Raises EnvironmentProblem when it does not answer."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def all(self) -> list[Notified]:
        """By name."""
        found = self._rest.all("/automations/filter", {})
        ours = [each for each in found if each["name"].startswith(PREFIX)]
        return sorted((_notified(each) for each in ours), key=lambda each: each.name)

    def find(self, name: str) -> Notified:
        """Raises UserError with the one that was probably meant."""
        known = {each.name: each for each in self.all()}
        if name in known:
            return known[name]
        all_of_them = f"there are: {', '.join(known)}" if known else "there is none yet: wanflow notify add"
        raise UserError(f"nobody is told as {name[:100]!r}\n    {did_you_mean(name, known, all_of_them)}")

    def add(self, name: str, to: Webhook | Mail, on: Sequence[str]) -> Notified:
        """Raises UserError for a name that is taken, by us or by a block of somebody's."""
        check_name(name)
        if any(each.name == name for each in self.all()):
            raise UserError(
                f"{name}: somebody is told under that name already\n    wanflow notify remove {name}, or another name"
            )
        block = add_block(self._rest, f"wanflow-{name}", to)
        try:
            made = self._rest.post("/automations/", _automation(name, to, block, on, self._rest.url))
        except BaseException:
            self._rest.delete(f"/block_documents/{block}")
            raise
        return _notified(made)

    def remove(self, name: str) -> Notified:
        """With its block, and so the address."""
        found = self.find(name)
        self._rest.delete(f"/block_documents/{found.block}")  # the secret first
        self._rest.delete(f"/automations/{found.automation}")
        return found

    def test(self, name: str) -> None:
        """Have the server tell a message of ours. Raises FlowsError when it could not, or did not in time."""
        found = self.find(name)
        event = _test_event(name)
        self._rest.post("/events", [event])
        deadline = time.monotonic() + TEST_SECONDS
        while time.monotonic() < deadline:
            if (outcome := self._outcome(found, event["id"])) is not None:
                if wrong := _wrong(outcome):
                    raise FlowsError(
                        f"the Prefect server could not tell {name}: {wrong}\n"
                        f"    add it anew with an address that works: wanflow notify remove {name}"
                    )
                return
            time.sleep(LOOK_SECONDS)
        raise FlowsError(
            f"the Prefect server has told {name} nothing in {TEST_SECONDS:g} s\n"
            "    its automations may be switched off, or its log says why"
        )

    def _outcome(self, found: Notified, event: str) -> Mapping[str, Any] | None:
        """What has become of the action that the event of that id led to."""
        since = datetime.now(UTC) - timedelta(minutes=2)
        asked = {
            "filter": {
                "occurred": {"since": since.isoformat(), "until": (since + timedelta(hours=1)).isoformat()},
                "event": {"name": ["prefect.automation.action.executed", "prefect.automation.action.failed"]},
                "resource": {"id": [f"prefect.automation.{found.automation}"]},
            },
            "limit": 50,
        }
        cause = f"prefect.event.{event}"
        for each in self._rest.post("/events/filter", asked)["events"]:
            if any(related["prefect.resource.id"] == cause for related in each["related"]):
                return dict(each)
        return None


def check_name(name: str) -> None:
    """Raises UserError for one that Prefect takes for no block."""
    if not NAME.fullmatch(name):
        fit = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:42].rstrip("-") or "team"
        raise UserError(f"{name[:100]!r}: a name is of a-z, 0-9 and -, 42 at most\n    wanflow notify add {fit}")


def check_on(text: str) -> tuple[str, ...]:
    """`done,failed`, as it was typed. Raises UserError."""
    kinds = tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
    for kind in kinds:
        if kind not in NOTICES:
            meant = did_you_mean(kind, NOTICES, f"there are: {', '.join(NOTICES)}")
            raise UserError(f"--on {text[:100]}: nothing called {kind[:100]!r} is told\n    {meant}")
    if not kinds:
        raise UserError(f"--on: nothing is named\n    of: {', '.join(NOTICES)}")
    return kinds


def _automation(name: str, to: Webhook | Mail, block: str, on: Sequence[str], url: str) -> dict[str, Any]:
    """The words of `on` stand in its description: they are what is listed."""
    own = {"block_document_id": block}
    action = (
        {"type": "call-webhook", **own, "payload": payload(url)}
        if isinstance(to, Webhook)
        else {"type": "send-notification", **own, "subject": SUBJECT, "body": body(url)}
    )
    return {
        "name": f"{PREFIX}{name}",
        "description": ",".join(on),
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {"prefect.resource.role": "flow", "prefect.resource.name": FLOW},
            "for_each": ["prefect.resource.id"],
            "expect": [*(event for kind in on for event in events_of(kind)), f"{EVENT}{TEST}.{name}"],
            "threshold": 1,
            "within": 0,
        },
        "actions": [action],
    }


def _test_event(name: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": f"{EVENT}{TEST}.{name}",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{uuid.uuid4()}"},
        "related": [
            {
                "prefect.resource.id": "prefect.flow.wanflow",
                "prefect.resource.role": "flow",
                "prefect.resource.name": FLOW,
            }
        ],
        "payload": {"text": f"wanflow tells {name} what becomes of films here."},
    }


def _notified(automation: Mapping[str, Any]) -> Notified:
    (action, *_) = automation["actions"]
    return Notified(
        name=str(automation["name"]).removeprefix(PREFIX),
        way="webhook" if action["type"] == "call-webhook" else "email",
        on=tuple(str(automation["description"]).split(",")),
        active=bool(automation["enabled"]),
        automation=str(automation["id"]),
        block=str(action["block_document_id"]),
    )


def _wrong(outcome: Mapping[str, Any]) -> str | None:
    """Why an action came to nothing. A webhook's is executed for Prefect whatever it answers."""
    payload = outcome.get("payload", {})
    if outcome["event"].endswith(".failed"):
        return str(payload.get("reason") or "it does not say why")[:300]
    status = payload.get("status_code", 200)
    return None if 200 <= status < 300 else f"its address says {status}"
