"""Submitted films that people review: a server, a machine that serves, and answers as the UI and a terminal send them.

What is looked at is in the store before, as if a worker had rendered it: nothing here needs a model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.batch.reviewing import final_batch
from flows.batch.sending import check_batch_here, pack_batch
from flows.errors import FlowsError, UserError
from flows.project import Project, plan
from flows.review.form import APPROVE_ALL, values_of
from flows.review.history import folder_of_run, read_entries, sheet_of_run
from flows.review.model import Sheet
from flows.review.prepare import Wish, prepare
from flows.review.wanted import Answer, Wanted, entry_of, texts
from flows.runs.names import REJECTED, WAITING
from flows.runs.rest import Rest
from flows.runs.reviewing import look_up, resume
from flows.runs.server import Server
from flows.runs.submitting import submit
from flows.runs.watching import watch
from flows.store import Store, open_store
from flows.submission import check_storyboard_here, film_files, load_sent, pack
from tests.flows.batch.reviews import batch, in_store
from tests.flows.batch.reviews import prepared as prepared_batch
from tests.flows.review.reviews import NOW, film, rendered

pytestmark = pytest.mark.slow
SECONDS = 300.0


@pytest.fixture(scope="module")
def rest(server: Server) -> Iterator[Rest]:
    with Rest(server.url, server.client()) as asked:
        yield asked


@pytest.fixture(scope="module")
def machine(server: Server, child_environment: dict[str, str], tmp_path_factory: Any) -> Iterator[Path]:
    """`wanflow serve`, in the folder that is given."""
    farm = tmp_path_factory.mktemp("farm")
    homes = {f"XDG_{kind}_HOME": str(farm / kind.lower()) for kind in ("STATE", "CACHE")}
    command = [sys.executable, "-m", "flows.cli", "serve", "film.preset=ultrafast"]
    with subprocess.Popen(
        command,
        cwd=farm,
        env={**child_environment, **homes},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "serves films" in line:
                break
        try:
            yield farm
        finally:
            process.terminate()
            process.stdout.read()


@pytest.fixture
def sent(tmp_path: Path) -> tuple[Store, str, tuple[str, ...]]:
    """A storyboard that was sent, and everything that may be looked at of it, and rendered, in the store."""
    overrides = film(tmp_path)
    checked = check_storyboard_here(tmp_path / "boat.yaml", [*overrides, "storyboard.title=" + tmp_path.name])
    store = open_store(checked.settings.store.address)
    digest = pack(checked, store).digest
    own = [f"store.address={store.address}", *checked.overrides]
    seed, prompt = "storyboard.shots.river.drift.seed=4", "storyboard.shots.river.night.prompt=<boat> under the moon"
    for more in ([], [seed], [seed, prompt]):
        load = partial(laid, store, digest, tmp_path, [*own, *more])
        rendered(prepare(load, Wish(kind="stills", name=""), NOW).looks)
        rendered(plan(load(())))
    return store, f"sha256:{digest}", checked.overrides


def laid(store: Store, digest: str, folder: Path, overrides: Sequence[str], decided: Sequence[str]) -> Project:
    """As a machine loads it."""
    return load_sent(store, digest, [*overrides, *decided], Path(tempfile.mkdtemp(dir=folder)))


def reached(rest: Rest, run: str, name: str) -> dict[str, Any]:
    """The run, once it is in that state."""
    deadline = time.monotonic() + SECONDS
    while (found := rest.get(f"/flow_runs/{run}"))["state_name"] != name:
        assert time.monotonic() < deadline, (found["state_name"], found["state"]["message"])
        assert found["state_type"] not in ("FAILED", "CRASHED"), found["state"]["message"]
        time.sleep(0.3)
    return dict(found)


def read_input(rest: Rest, run: str, key: str) -> Any:
    return rest.get(f"/flow_runs/{run}/input/{key}")


def test_a_run_waits_without_a_process_and_goes_on_with_what_was_decided(
    rest: Rest, machine: Path, sent: tuple[Store, str, tuple[str, ...]]
) -> None:
    store, storyboard, overrides = sent
    asked = submit(rest, "Boat", storyboard=storyboard, store=store.address, overrides=overrides, review="stills")
    waits = reached(rest, asked.run, WAITING)
    assert waits["state_type"] == "PAUSED"
    assert "3 shots to decide" in waits["state"]["message"]
    notes = machine / "state" / "wanflow" / "serving"
    deadline = time.monotonic() + SECONDS
    while list(notes.rglob(f"{asked.run}*")):
        assert time.monotonic() < deadline, "its process is still there"
        time.sleep(0.2)
    assert not [line for line in processes() if "flows.runs.filming" in line and asked.run in line]

    keyset = waits["state"]["state_details"]["run_input_keyset"]
    form = read_input(rest, asked.run, keyset["schema"])
    assert [group["title"] for group in list(form["properties"].values())[2:]] == [
        "river.launch",
        "river.drift",
        "river.night",
    ]
    assert "data:image/jpeg;base64," in read_input(rest, asked.run, keyset["description"])
    pages = rest.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [asked.run]}}})
    assert "| river.drift | open | 3 |" in next(page["data"] for page in pages if page["key"] == "review")
    assert (look_up(rest, asked.run).store, look_up(rest, asked.run).why) == (store.address, "")

    with pytest.raises(UserError, match="has taken nothing of this"):
        resume(rest, asked.run, {"who": "maria", "shot_1": {"decision": "perhaps"}})
    said = {"who": "maria", "shot_1": {"decision": "approve"}, "shot_2": {"decision": "another take", "note": "closer"}}
    resume(rest, asked.run, {**said, "shot_3": {"decision": "new prompt", "prompt": "a <baot> at night"}})
    with pytest.raises(UserError, match="has taken nothing of this"):
        resume(rest, asked.run, {"who": "jo", "film": APPROVE_ALL})
    wrong = reached_again(rest, asked.run, lambda said: "not taken" in said.lower())
    assert "&lt;baot> is not in the cast" in wrong

    prompt = {"decision": "new prompt", "prompt": "<boat> under the moon"}
    answer(rest, asked.run, keyset, {**said, "shot_3": prompt})
    answer(rest, asked.run, keyset, {"who": "jo", "film": APPROVE_ALL})
    assert list(watch(rest, asked.run))[-1].state == "completed"
    made = film_files(store, asked.run)
    assert made is not None
    assert made.cached == 3
    sheet = sheet_of_run(store, asked.run)
    assert sheet is None, "nothing is asked any more"
    (folder,) = {name.rpartition("/")[0] for name in store.notes("reviews") if "/runs/" not in name} or {""}
    assert folder == "" or read_entries(store, folder)
    assert "waits for no decisions: it is Completed" in look_up(rest, asked.run).why
    assert folder_of_run(store, asked.run) is not None, "what was decided can be found"


def test_nobody_decides_in_time(rest: Rest, machine: Path, sent: tuple[Store, str, tuple[str, ...]]) -> None:
    store, storyboard, overrides = sent
    assert machine.is_dir()
    hasty = [*overrides, "review.timeout=1s"]
    run = submit(rest, "A", storyboard=storyboard, store=store.address, review="stills", overrides=hasty).run
    with pytest.raises(FlowsError, match="rejected by time-out on"):
        list(watch(rest, run))
    assert rest.get(f"/flow_runs/{run}")["state_name"] == REJECTED


@pytest.fixture
def sent_batch(tmp_path: Path) -> tuple[Store, dict[str, Any]]:
    """A batch that was sent, and everything that may be looked at of it, and rendered, in the store."""
    asking = batch(tmp_path, "boat", "kite")
    for more in ({}, {"kite": ["storyboard.shots.all.own.seed=4"]}):
        reviewed = prepared_batch(replace(asking, decided=more), "stills")
        in_store(reviewed.looks)
        in_store(final_batch(reviewed))
    checked = check_batch_here(asking)
    store = open_store(checked.settings.store.address)
    packed = pack_batch(checked, store)
    rows = {"table": packed.place(asking.table), "batch_name": tmp_path.name.replace("_", "-")}
    storyboard = f"sha256:{packed.digest}"
    return store, {"storyboard": storyboard, "overrides": checked.overrides, "store": store.address, "rows": rows}


def test_a_batch_waits_as_one_run_with_one_form_and_goes_on(
    rest: Rest, machine: Path, sent_batch: tuple[Store, dict[str, Any]]
) -> None:
    store, common = sent_batch
    asked = submit(rest, "Boats", review="stills", **common)
    waits = reached(rest, asked.run, WAITING)
    assert "4 shots to decide" in waits["state"]["message"]
    assert not [line for line in processes() if "flows.runs.filming" in line and asked.run in line]
    keyset = waits["state"]["state_details"]["run_input_keyset"]
    form = read_input(rest, asked.run, keyset["schema"])["properties"]
    titles = {group["title"]: key for key, group in form.items() if key.startswith("shot_")}
    shared = "boat:all.opening, the same in 1 film more"
    assert [*titles] == [shared, "boat:all.own", "boat:all.end, the same in 1 film more", "kite:all.own"]
    pages = rest.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [asked.run]}}})
    assert f"| {shared} | open | 3 |" in next(page["data"] for page in pages if page["key"] == "review")

    take = "shots: {end: approve, 'kite:own': take, opening: approve}"
    resume(rest, asked.run, {"who": "maria", "decisions": take})
    sheet = asked_by_run(rest, store, asked.run, "kite:all.own", 4)
    assert [(group["title"]) for key, group in asked_now(rest, asked.run).items() if key.startswith("shot_")] == [
        "boat:all.own",
        "kite:all.own",
    ]
    said = Wanted(texts("shot", "kite:own")[1], texts("decision", "approve")[1])
    out = Wanted(texts("shot", "boat")[1], texts("decision", "drop")[1])
    entries = read_entries(store, sheet.folder)
    made = entry_of(Answer(who="jo", how="wanflow review", wanted=(said, out)), sheet, entries, NOW)
    resume(rest, asked.run, values_of(made, sheet))
    assert list(watch(rest, asked.run))[-1].state == "completed"
    files = film_files(store, asked.run)
    assert files is not None
    assert {file.path for file in files.files} >= {"index.html", "manifest.json", "kite/film.mp4"}
    assert "boat/film.mp4" not in {file.path for file in files.files}
    assert [(entry.who, entry.how) for entry in read_entries(store, sheet.folder)] == [
        ("maria", "Prefect"),
        ("jo", "wanflow review"),
    ]
    (written,) = [file for file in files.files if file.path == "manifest.json"]
    manifest = json.loads(store.read(written.digest))
    assert [(film["name"], film["state"]) for film in manifest["films"]] == [("boat", "rejected"), ("kite", "made")]


def asked_now(rest: Rest, run: str) -> dict[str, Any]:
    """The fields of the form."""
    keyset = reached(rest, run, WAITING)["state"]["state_details"]["run_input_keyset"]
    return dict(read_input(rest, run, keyset["schema"])["properties"])


def asked_by_run(rest: Rest, store: Store, run: str, shot: str, seed: int) -> Sheet:
    """The sheet, once it asks for that seed and the run waits."""
    deadline = time.monotonic() + SECONDS
    while True:
        reached(rest, run, WAITING)
        sheet = sheet_of_run(store, run)
        if sheet is not None and sheet.of(shot).seed == seed:
            reached(rest, run, WAITING)
            return sheet
        assert time.monotonic() < deadline
        time.sleep(0.3)


def answer(rest: Rest, run: str, before: dict[str, str], values: dict[str, Any]) -> None:
    """Of the round after the one before."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = reached(rest, run, WAITING)
        keyset = found["state"]["state_details"]["run_input_keyset"]
        if keyset != before:
            resume(rest, run, values)
            before.clear()
            before.update(keyset)
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def reached_again(rest: Rest, run: str, holds: Callable[[str], bool]) -> str:
    """The words above the form, once they are so."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = reached(rest, run, WAITING)
        said = str(read_input(rest, run, found["state"]["state_details"]["run_input_keyset"]["description"]))
        if holds(said):
            return said
        assert time.monotonic() < deadline, said[:500]
        time.sleep(0.3)


def processes() -> list[str]:
    """Command lines of all that is alive."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
