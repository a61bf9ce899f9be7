"""Batches whose run a real Prefect server shows: one flow run, a task a film, and how each has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.batch.plan import plan_batch
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.runs.batch import run_batch
from flows.runs.names import PARTLY
from flows.runs.server import Server
from tests.flows.batch.batches import asked, table
from tests.flows.cluster.troubled import KIND
from tests.flows.conftest import Ask

pytestmark = pytest.mark.slow


def made(folder: Path, *products: str) -> Any:
    plan = plan_batch(
        asked(folder, table(["product"], *([each] for each in products)), overrides=["cluster.attempts=1"])
    )
    return run_batch(plan, renderer=RendererSpec(KIND, {"folder": str(folder)}))


def shown(ask: Ask, url: str) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The run, how its tasks have ended, and the pages and links beside it, by key."""
    run = url.rpartition("/")[2]
    of_run = {"flow_runs": {"id": {"any_": [run]}}}
    (found,) = ask("/flow_runs/filter", of_run)
    pages = ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
    tasks = {task["name"]: task["state_name"] for task in ask("/task_runs/filter", of_run)}
    return found, tasks, {page["key"]: page["data"] for page in pages if page["key"]}


def test_a_batch_is_one_run_with_a_task_a_film(server: Server, ray_here: RaySession, tmp_path: Path, ask: Ask) -> None:
    result = made(tmp_path, "boat", "kite is refused")
    run, tasks, pages = shown(ask, result.run_url)
    assert (run["name"], run["state_type"], run["state_name"]) == ("film-rows: 2 films", "FAILED", PARTLY)
    assert run["state"]["message"].startswith("1 of 2 films")
    assert tasks == {"boat": "Completed", "kite-is-refused": "Failed"}
    assert "| 3 | kite-is-refused |" in pages["plan"]
    assert str(result.gallery.as_uri()) in pages["gallery"]

    again = made(tmp_path, "boat", "kite")
    run, tasks, _ = shown(ask, again.run_url)
    assert (run["state_name"], tasks) == ("Completed", {"kite": "Completed"}), "only what is missing is a task"
    assert made(tmp_path, "boat", "kite").run_url == "", "of what is there nobody needs to be told"
