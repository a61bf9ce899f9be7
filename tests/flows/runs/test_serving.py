"""A machine that serves, as a person starts it; a film that is sent through a bucket, made there, and written here."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.errors import EnvironmentProblem, FlowsError, UserError
from flows.project import load, plan
from flows.runs.names import AUTO, MISSED, SKIPPED
from flows.runs.rest import Rest
from flows.runs.schedules import Schedules, plan_runs
from flows.runs.server import Server
from flows.runs.submitting import submit
from flows.runs.watching import look_up, watch
from flows.store import open_store
from flows.submission import check_storyboard_here, film_files, pack, write_film
from tests.flows.buckets import SECRET
from tests.flows.runs.prerendered import prerender

pytestmark = pytest.mark.slow
ENDED = ["COMPLETED", "CANCELLED", "FAILED", "CRASHED"]
STORYBOARD = """
storyboard: 1
title: The served boat
shot_defaults: {duration: 0.5s}
scenes:
  - id: river
    shots:
      - {id: launch, prompt: a boat moves}
"""


@pytest.fixture(scope="module")
def rest(server: Server) -> Iterator[Rest]:
    with Rest(server.url, server.client()) as asked:
        yield asked


def test_a_film_is_sent_made_and_written_here(
    serving: tuple[subprocess.Popen[str], list[str]],
    bucket: Sequence[str],
    rest: Rest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process, said = serving
    assert process.poll() is None, said
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boat.yaml").write_text(STORYBOARD)
    project = load("boat.yaml", bucket)
    prerender(plan(project).clips, project.settings.store.address)
    checked = check_storyboard_here("boat.yaml", bucket)
    store = open_store(checked.settings.store.address)
    sent = f"sha256:{pack(checked, store).digest}"
    wrong = submit(rest, "Nothing", storyboard="nowhere", store="")
    film = submit(
        rest, "The served boat", storyboard=sent, store=store.address, overrides=checked.overrides, priority=9
    )
    assert film.served

    states = [seen.state for seen in watch(rest, film.run)]
    assert states[-1] == "completed", states
    assert look_up(rest, film.run).store == store.address
    made = film_files(store, film.run)
    assert made is not None
    assert (made.rendered, made.cached) == (0, 1)
    assert (tmp_path / "farm" / "outputs" / "the-served-boat" / "film.mp4").exists()
    assert write_film(store, made, tmp_path / "outputs")[0] == tmp_path / "outputs/the-served-boat/film.mp4"
    assert (tmp_path / "outputs/the-served-boat/film.mp4").stat().st_size > 1000
    assert SECRET not in str(rest.get(f"/flow_runs/{film.run}")) + "".join(said)
    with pytest.raises(UserError, match="there is no storyboard 'nowhere'"):
        list(watch(rest, wrong.run))

    check_schedule(rest, {"storyboard": sent, "store": store.address, "overrides": list(checked.overrides)})

    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert list((tmp_path / "farm" / "state" / "wanflow" / "serving").rglob("*.run")) == []


def check_schedule(rest: Rest, film: dict[str, Any]) -> None:
    """Prefect's own scheduler has it made every two seconds, more often than it can be; and one is too late."""
    schedules = Schedules(rest)
    deployment = rest.get("/deployments/name/film/film")["id"]
    nowhere = {"prefect.deployments.steps.set_working_directory": {"directory": "/nowhere"}}
    rest.patch(f"/deployments/{deployment}", {"pull_steps": [nowhere]})  # as `prefect deploy` does, on a laptop
    hour_ago = {"scheduled_time": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    weekly = {"parameters": {**film, "schedule": "weekly", "late": "30m"}, "tags": [AUTO]}
    late = {**weekly, "state": {"type": "SCHEDULED", "state_details": hour_ago}}
    missed = rest.post(f"/deployments/{deployment}/create_flow_run", late)["id"]
    often = {"schedule": {"interval": 2.0}, "slug": "often", "parameters": {**film, "schedule": "often"}}
    rest.post(f"/deployments/{deployment}/schedules", [often])
    assert plan_runs(rest, deployment)

    def ended() -> dict[str, dict[str, Any]]:
        """The last run of that schedule for each way to end."""
        of_it = {"flow_runs": {"created_by": {"id_": [schedules.find("often").id]}, "state": {"type": {"any_": ENDED}}}}
        return {run["state_name"]: run for run in rest.post("/flow_runs/filter", of_it)}

    deadline = time.monotonic() + 120
    while not {"Completed", SKIPPED} <= ended().keys():
        assert time.monotonic() < deadline, ended()
        time.sleep(0.5)
    found = ended()
    schedules.remove("often")
    assert found.keys() <= {"Completed", SKIPPED, MISSED}
    assert found["Completed"]["name"] == "The served boat (often, pinned)"
    assert found[SKIPPED]["name"] == "often (skipped)"
    assert "the one before was still made" in found[SKIPPED]["state"]["message"]
    with pytest.raises(FlowsError, match=r"was due at .* could begin it within 30 min"):
        list(watch(rest, missed))
    while rest.post("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}}):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_who_is_not_there_is_said(rest: Rest) -> None:
    with pytest.raises(UserError, match="there is no film with the run"):
        look_up(rest, "00000000-0000-0000-0000-000000000000")
    with pytest.raises(UserError, match="too long to be sent"):
        submit(rest, "The boat", storyboard="boat", store="", overrides=["x" * 600_000])
    nowhere = httpx.Client(base_url="http://127.0.0.1:9/api", trust_env=False)
    with Rest("http://127.0.0.1:9", nowhere) as nobody, pytest.raises(EnvironmentProblem, match="does not answer"):
        nobody.get("/health")
