"""Who is told by a real Prefect server, whose automations run: of films that are made, that fail, that wait."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.errors import FlowsError, UserError
from flows.notify.secret import Mail, Webhook
from flows.runs.blocks import apprise
from flows.runs.names import AUTO
from flows.runs.notifying import Notifying, check_name, check_on
from flows.runs.offer import offer
from flows.runs.places import server_environment
from flows.runs.rest import Rest
from flows.runs.served import VARIABLE, Served
from flows.runs.server import Server
from tests.flows.notify.receivers import mailbox, webhook

SERVER = """
import sys, uvicorn
uvicorn.run("prefect.server.api.server:create_app", factory=True, port=int(sys.argv[1]), log_level="error")
"""
SERVICES = ("TRIGGERS",)


def test_names_and_what_is_told_are_checked() -> None:
    assert check_on("done, failed,done") == ("done", "failed")
    for text, said in (("dome", "done"), ("", "nothing is named"), ("review,nothing", "there are: done, partly")):
        with pytest.raises(UserError, match=said):
            check_on(text)
    check_name("team-1")
    with pytest.raises(UserError, match="wanflow notify add the-team"):
        check_name("The Team")


@pytest.mark.parametrize(
    ("security", "said"),
    [
        ("tls", "mailtos://u%40x:p%2Fw@mail.x.org:465?"),
        ("starttls", "mode=starttls"),
        ("none", "mailto://u%40x:p%2Fw@"),
    ],
)
def test_a_mail_server_as_apprise_writes_it(security: Any, said: str) -> None:
    mail = Mail(("a@x.org", "b@x.org"), "films@x.org", "mail.x.org", 465, security, "u@x", "p/w")
    assert said in apprise(mail)
    assert "to=a@x.org,b@x.org" in apprise(mail)
    assert "p/w" not in repr(mail)


@pytest.fixture(scope="module")
def named(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """A server as people have one by name, with a database that need not be created."""
    home = tmp_path_factory.mktemp("prefect")
    for file in server.home.glob("prefect.db*"):
        shutil.copy(file, home)
    own = {**server_environment(home)}
    for service in SERVICES:
        own.pop(f"PREFECT_SERVER_SERVICES_{service}_ENABLED")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], env=own, stdout=log, stderr=log)
    try:
        with Rest(url, httpx.Client(base_url=f"{url}/api", timeout=10, trust_env=False)) as rest:
            deadline = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    if rest.get("/health") is True:
                        break
                except FlowsError:
                    time.sleep(0.2)
            yield rest
    finally:
        process.terminate()
        process.wait()


def run(named: Rest, folder: Path, *storyboards: str) -> None:
    root = str(Path(__file__).parents[3])
    told = json.dumps(asdict(Served(str(folder), (), "http://ui")))
    homes = {"XDG_STATE_HOME": str(folder / "state"), "PREFECT_HOME": str(folder / "prefect")}
    environment = {**os.environ, **homes, "PYTHONPATH": root, VARIABLE: told, "PREFECT_API_URL": f"{named.url}/api"}
    script = str(Path(__file__).with_name("told_runs.py"))
    _run(script, environment, *storyboards)


def _run(script: str, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, script, *arguments], env=environment, check=True, capture_output=True, timeout=120)


def not_made(named: Rest, folder: Path) -> None:
    """Of the schedule `monday` a run was due hours ago; of `tuesday` one is due while its last film is still made. A
    worker looks at them."""
    deployment = offer(named, silence=None)

    def asked(schedule: str, ago: timedelta, *, late: str = "1h") -> str:
        due = {"scheduled_time": (datetime.now(UTC) - ago).isoformat()}
        parameters = {"storyboard": "boat", "schedule": schedule, "late": late}
        state = {"type": "SCHEDULED", "state_details": due}
        body = {"parameters": parameters, "state": state, "tags": [AUTO], "name": schedule}
        return str(named.post(f"/deployments/{deployment}/create_flow_run", body)["id"])

    asked("monday", timedelta(hours=3))
    named.set_state(asked("tuesday", timedelta(minutes=2)), {"type": "RUNNING", "name": "Running"})
    asked("tuesday", timedelta(minutes=1))
    script = str(Path(__file__).with_name("told_schedules.py"))
    root = str(Path(__file__).parents[3])
    home = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": f"{named.url}/api", "PYTHONPATH": root}
    _run(script, {**os.environ, **home})


@pytest.mark.slow
def test_people_are_told_of_batches_made_in_part_and_of_schedules_that_were_not_made(
    named: Rest, tmp_path: Path
) -> None:
    notifying = Notifying(named)
    with webhook() as hook:
        notifying.add("studio", Webhook(f"{hook.address}/SECRET"), ("partly", "missed", "skipped"))
        run(named, tmp_path, "is made", "is made in part", "fails")
        not_made(named, tmp_path)
        came = sorted(each["text"] for each in hook.wait(3))
    notifying.remove("studio")
    assert [text.splitlines()[0] for text in came] == [
        "*The told film is made in part*",
        "*monday was missed*",
        "*tuesday was skipped*",
    ], came
    assert "3 of 4 films: outputs/spots/index.html\nused 2 min 05 s, 0.31 EUR" in came[0]
    assert "no machine could begin it within 1 h 00 min" in came[1]
    assert "the one before was still made (run " in came[2]
    assert all(f"{named.url}/runs/flow-run/" in text for text in came)


@pytest.mark.slow
def test_people_are_told_of_films_that_are_made_fail_and_wait(named: Rest, tmp_path: Path) -> None:
    notifying = Notifying(named)
    assert notifying.all() == []
    with webhook() as hook, mailbox() as post:
        secret = f"{hook.address}/services/T0/SECRET"
        team = notifying.add("team", Webhook(secret), ("done", "failed", "review"))
        mail = Mail(("a@x.org",), "films@x.org", "127.0.0.1", int(post.address.rpartition(":")[2]), "none")
        notifying.add("boss", mail, ("failed",))
        assert [(each.name, each.way, each.on) for each in notifying.all()] == [
            ("boss", "email", ("failed",)),
            ("team", "webhook", ("done", "failed", "review")),
        ]
        assert secret not in str(named.post("/automations/filter", {}))
        assert "SECRET" not in str(named.get(f"/block_documents/{team.block}")), "a block hides what is secret in it"
        with pytest.raises(UserError, match="told under that name already"):
            notifying.add("team", Webhook(secret), ("done",))
        with pytest.raises(UserError, match="did you mean team"):
            notifying.find("teem")
        run(named, tmp_path, "is made", "fails", "waits")
        came = sorted(each["text"] for each in hook.wait(3))
        (letter,) = post.wait(1)
        assert [text.splitlines()[0] for text in came] == [
            "*The told film has failed*",
            "*The told film is made*",
            "*The told film waits for review*",
        ]
        assert "one take &lt;late&gt;" in came[0]
        assert f"{named.url}/runs/flow-run/" in came[0]
        assert "three shots wait" in came[2]
        block, context = hook.came[0]["blocks"]
        assert block["text"]["type"] == "mrkdwn"
        assert context["elements"][0]["text"].endswith("|the run>")
        assert "Subject: The told film has failed" in letter
        assert "one take <late>" in letter

        notifying.test("team")
        assert "wanflow tells team" in hook.came[-1]["text"]
        before = len(hook.came)
        notifying.test("boss")
        assert (len(hook.came), len(post.came)) == (before, 2), "nobody else hears of a test"
    with pytest.raises(FlowsError, match="could not tell team"):
        notifying.test("team")
    notifying.remove("team")
    notifying.remove("boss")
    assert notifying.all() == []
    assert named.get(f"/block_documents/{team.block}") is None


@pytest.mark.slow
def test_a_block_of_somebody_is_left_alone(named: Rest) -> None:
    notifying = Notifying(named)
    made = notifying.add("taken", Webhook("http://127.0.0.1:9/x"), ("done",))
    named.delete(f"/automations/{made.automation}")
    with pytest.raises(UserError, match="there is a block 'wanflow-taken' already"):
        notifying.add("taken", Webhook("http://127.0.0.1:9/x"), ("done",))
    named.delete(f"/block_documents/{made.block}")
