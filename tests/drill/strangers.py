"""What others do that a film depends on: the cluster's head, a second command, Prefect's server."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from flows.cluster.doors import HUNG_SECONDS
from flows.runs.places import prefect_home
from tests.drill.plays import Drill, Play
from tests.drill.rehearsal import STEPS, Making, end, marked, stage

NOTICED_SECONDS = 60.0
"""What a command may take to see that its cluster is gone."""
UNSEEN_SECONDS = 30.0
"""What a film may take longer for want of a server."""
OF_RAY = ("gcs_server", "raylet")


def head_lost(play: Play) -> None:
    """The cluster is gone with everything on it, or its head hangs (SIGSTOP), which is seen later: the command says so
    and ends, and on the next cluster goes on. Until then a clip waits for it: workers need no head to finish theirs."""
    for number in range(play.times):
        with _cluster(play, number) as one:
            making = one.begin(store=play.stage.store, trouble=_waits(play))
            one.moment(making, "denoise", (1, STEPS), 1.0)
            hangs = bool((play.seed + number) % 2)
            if hangs:
                os.kill(_head_of(one), signal.SIGSTOP)
            else:
                end(one.stage.head)
            since = time.monotonic()
            document = one.end(making, 1)
            assert time.monotonic() - since < (HUNG_SECONDS if hangs else 0.0) + NOTICED_SECONDS
            (problem,) = document["problems"]
            assert one.stage.address in problem["message"], problem
            assert ("hangs" in problem["message"]) == hangs, problem
    with _cluster(play, play.times) as last:
        last.same(last.end(last.begin(store=play.stage.store)))


def _waits(play: Play) -> Mapping[str, Any]:
    """Trouble: a clip that waits in a step until it is stopped."""
    return {"trouble": "wait", "stage": "denoise", "step": play.chance.randint(1, STEPS)}


def _head_of(play: Play) -> int:
    """The process of the cluster that all others ask."""
    numbers = marked(play.stage.folder)
    programs = {number: Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[0] for number in numbers}
    (found,) = [number for number, program in programs.items() if program.endswith(b"/gcs_server")]
    return found


@contextmanager
def _cluster(play: Play, number: int) -> Iterator[Play]:
    """The play on a cluster of its own."""
    folder = play.stage.folder / play.place / f"cluster{number}"
    folder.mkdir(parents=True)
    with stage(folder, 2) as made:
        yield replace(play, stage=made, pool="cluster")


def own_ray_killed(play: Play) -> None:
    """A process of the Ray that the command has started for itself, one or the other: said, and the same command
    goes on. Until then a clip waits for it: without a head the others could be finished before it is missed."""
    for number in range(play.times):
        making = play.begin("cluster.address=null", trouble=_waits(play))
        play.moment(making, "denoise", (1, STEPS), 1.0)
        (process,) = _below(making.process.pid, OF_RAY[(play.seed + number) % len(OF_RAY)])
        os.kill(process, signal.SIGKILL)
        since = time.monotonic()
        document = play.end(making, 1)
        assert time.monotonic() - since < NOTICED_SECONDS
        (problem,) = document["problems"]
        assert "the Ray of this film is gone" in problem["message"], problem
    play.same(play.end(play.begin("cluster.address=null")))


def _below(parent: int, name: str) -> list[int]:
    """Processes that this one has started, whose program is called so."""
    found = []
    for place in Path("/proc").iterdir():
        with suppress(OSError, IndexError):
            program = (place / "cmdline").read_bytes().split(b"\0")[0].decode().rpartition("/")[2]
            if program == name and int((place / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(place.name))
    return found


def two_drivers(*, one_folder: bool, own_ray: bool = False) -> Drill:
    """The same storyboard twice at once, into one folder or two, on one cluster or on a Ray each: both films are right,
    each clip is rendered once."""

    def drill(play: Play) -> None:
        where = ["cluster.address=null"] if own_ray else []
        first = play.begin(*where)
        if play.chance.random() < 0.5:
            play.moment(first, "denoise", (1, 6), 1.0)
        second = play.begin(*where, place=play.place if one_folder else f"{play.place}-other")
        documents = [play.end(each) for each in (first, second)]
        for document in documents:
            play.same(document)
        if one_folder:
            late = next(each for each in (second, first) if not each.rendered)
            told = late.told("is being written by another command, which renders the same storyboard; waiting")
            assert told or late is second, "it did not wait, and the other one was there"

    return drill


def prefect_gone(how: signal.Signals) -> Drill:
    """The server that shows the run is killed, or hangs (SIGSTOP) until the film is made: it is made all the same, with
    one warning, and nobody waits for the server."""

    def drill(play: Play) -> None:
        data = play.stage.folder / play.place / "data"
        _with_a_database(data)
        making = play.begin(environment={"XDG_DATA_HOME": str(data)})
        server = _server(data, making)
        play.moment(making, "denoise", (1, 4), 0.5)
        os.kill(server, how)
        try:
            making.until(lambda e: e.get("stage") == "edit")
            edited = time.monotonic()
            document = play.end(making)
            assert time.monotonic() - edited < UNSEEN_SECONDS, "the film waited for its server"
            play.same(document)
            told = [each for each in document["warnings"] if "Prefect" in each]
            assert len(told) == 1, document["warnings"]
        finally:
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGCONT)

    return drill


def _with_a_database(data: Path) -> None:
    """Made before: to make one takes longer than the film."""
    home = data / "wanflow" / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "prefect.db").exists():
        with (
            closing(sqlite3.connect(prefect_home() / "prefect.db")) as made,
            closing(sqlite3.connect(home / "prefect.db")) as to,
        ):
            made.backup(to)


def _server(data: Path, making: Making) -> int:
    """Its process, as soon as it answers."""
    note = data / "wanflow" / "prefect" / "server.json"
    while making.process.poll() is None:
        with suppress(OSError, ValueError, httpx.HTTPError):
            found = json.loads(note.read_text())
            httpx.get(f"{found['url']}/api/health", timeout=5).raise_for_status()
            return int(found["pid"])
        time.sleep(0.1)
    raise AssertionError("the server never answered")
